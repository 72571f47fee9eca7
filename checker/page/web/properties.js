// Which properties hold in this state, and why an invariant does not.
import { classes, html } from "./dom.js";

const KINDS = { invariant: "Invariants", reachable: "Goals", constraint: "Constraints", final: "Final" };
const SAID = {
  invariant: ["✗", "violated", "bad"],
  reachable: ["○", "not here", ""],
  constraint: ["✗", "outside: searches go no further", "warn"],
  final: ["○", "not final", ""],
};

function Property({ p }) {
  const [mark, said, kind] = p.held === null ? ["!", "undefined here", "bad"]
    : p.held ? ["✓", "holds", "ok"] : SAID[p.kind];
  return html`<li class=${classes("property", kind)} data-property=${p.name}>
    <span class="mark" title=${said}>${mark}</span>
    <div><code title=${p.doc}>${p.name}</code>${kind !== "ok" && html` <span class="muted small">${said}</span>`}
      ${p.why && html`<p class="why">${p.why}</p>`}</div></li>`;
}

// A property of runs: a state does not decide it, but an opened trace may say that it is violated.
function OfRuns({ p, verdict }) {
  const violated = verdict?.property === p.name;
  return html`<li class=${classes("property", violated && "bad")}>
    <span class="mark" title=${violated ? "violated" : "a single state does not decide it"}>${violated ? "✗" : "·"}</span>
    <div><code title=${p.doc}>${p.name}</code> <span class="muted small">${
      violated ? "violated by the opened run" : p.kind.replaceAll("_", " ")}</span></div></li>`;
}

export function Properties({ about, walk }) {
  const { here, opened } = walk;
  if (!here) return null;
  const groups = Object.entries(KINDS)
    .map(([kind, title]) => [title, here.properties.filter((p) => p.kind === kind)])
    .filter(([, list]) => list.length > 0);
  const claims = here.properties.some((p) => p.kind === "invariant");
  const broken = here.properties.some((p) => p.kind === "invariant" && p.held !== true);
  return html`<div class="pane-head"><h2>Properties</h2>
      ${claims && html`<span class=${classes("badge", broken ? "bad" : "ok")}>${
        broken ? "violated here" : "all hold here"}</span>`}</div>
    ${opened?.verdict && !here.properties.some((p) => p.why && p.why === opened.verdict.how) && html`<div class="verdict"><strong>${opened.verdict.what}</strong>
      ${opened.verdict.how && html`<p>${opened.verdict.how}</p>`}</div>`}
    ${groups.map(([title, list]) => html`<section key=${title} class="group"><h3>${title}</h3>
      <ul class="list">${list.map((p) => html`<${Property} key=${p.name} p=${p} />`)}</ul></section>`)}
    ${about.temporal.length > 0 && html`<section class="group"><h3>Of runs</h3>
      <ul class="list">${about.temporal.map((p) => html`<${OfRuns} key=${p.name} p=${p} verdict=${opened?.verdict} />`)}</ul>
    </section>`}
    ${groups.length === 0 && about.temporal.length === 0 && html`<p class="empty">This protocol has no properties.</p>`}`;
}
