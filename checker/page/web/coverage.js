// How much of the protocol was looked at on this page so far.
import { classes, count, html, useEffect, useState } from "./dom.js";
import { askOrSay } from "./api.js";

export function Coverage({ walk, say }) {
  const [found, setFound] = useState(null);
  const seen = walk.here ? walk.here.way.join(".") : "";
  useEffect(() => { askOrSay("coverage", {}, setFound, say); }, [seen]);
  if (!found) return html`<p class="empty">Loading …</p>`;
  return html`<p class="hint">${count(found.states, "state")} visited${
    found.all ? ` of ${found.all.toLocaleString("en")}` : ""}.</p>
    <section class="group"><h3>Actions</h3>
      <div class="scroll"><table class="coverage"><thead><tr><th>action</th><th>steps taken</th><th>guards seen to stop it</th></tr></thead>
      <tbody>${found.actions.map((a) => html`<tr key=${a.name}>
        <th>${a.name}</th><td class=${classes(a.steps === 0 && "muted")}>${a.steps || "none yet"}</td>
        <td>${a.guards.length === 0 ? html`<span class="muted">it has none</span>` : a.guards.map((g) => html`
          <div key=${g.line} class=${classes("guard", g.stopped ? "ok" : "")}><span class="mark">${g.stopped ? "✓" : "○"}</span>
            <div><code>${g.text}</code> <span class="place">line ${g.line}</span></div></div>`)}</td>
      </tr>`)}</tbody></table></div></section>
    ${found.goals.length > 0 && html`<section class="group"><h3>Goals</h3><ul class="list">${found.goals.map((g) => html`
      <li key=${g.name} class=${classes("property", g.reached && "ok")}><span class="mark">${g.reached ? "✓" : "○"}</span>
        <div><code title=${g.doc}>${g.name}</code> <span class="muted small">${g.reached ? "reached" : "not reached yet"}</span></div></li>`)}</ul></section>`}`;
}
