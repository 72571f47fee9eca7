// Why an action is not possible: its guards, and for which arguments each is the first to fail.
import { classes, count, html, useEffect, useState } from "./dom.js";
import { askOrSay } from "./api.js";

const fileOf = (path) => path.split(/[\\/]/).pop();

export function Guard({ guard, children }) {
  return html`<div class=${classes("guard", guard.held ? "ok" : "bad")}>
    <span class="mark" title=${guard.held ? "holds" : "fails"}>${guard.held ? "✓" : "✗"}</span>
    <div><code>${guard.text}</code>
      ${guard.file && html`<span class="place" title=${`${guard.file}:${guard.line}`}>${fileOf(guard.file)}:${guard.line}</span>`}
      ${guard.missing && html`<p class="missing">${guard.missing}</p>`}
      ${children}</div>
  </div>`;
}

// What would have to happen first: a way on, which can be taken.
function Enabling({ question, walk, say }) {
  const [found, setFound] = useState(null);
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return html`<button class="plain small" onClick=${() => {
      setAsked(true);
      askOrSay("enabling", question, setFound, say);
    }}>What would enable it?</button>`;
  }
  if (!found) return html`<p class="muted small">Searching …</p>`;
  if (!found.way) {
    return html`<p class="muted small">${found.all ? "Nothing: it is possible in none of the states that can follow."
      : `Not found within ${count(found.states, "state")} after this one.`}</p>`;
  }
  return html`<p class="small">after ${found.titles.map((title, k) => html`${k > 0 && ", "}<code key=${k}>${title}</code>`)}
    ${" "}<button class="plain go-there" onClick=${() => walk.go(found.way)}>go there</button></p>`;
}

function Choice({ action, choice, walk, say }) {
  const [found, setFound] = useState(null);
  const [open, setOpen] = useState(false);
  const question = { way: walk.now, action, choice: choice.choice };
  const toggle = () => {
    setOpen(!open);
    if (found === null) askOrSay("guards", question, setFound, say);
  };
  return html`<li><button class="plain choice" aria-expanded=${open} onClick=${toggle}>
      ${open ? "▾" : "▸"} <code>${choice.title}</code></button>
    ${open && found && html`<div class="guards">${found.guards.map((guard, k) => html`<${Guard} key=${k} guard=${guard} />`)}
      ${found.undefined && html`<p class="muted small">undefined here: ${found.undefined}</p>`}
      <${Enabling} question=${question} walk=${walk} say=${say} /></div>`}
  </li>`;
}

export function Stopped({ action, walk, say }) {
  const [found, setFound] = useState(null);
  const where = walk.now.join(".");
  useEffect(() => {
    let current = true;
    setFound(null);
    askOrSay("stopped", { way: walk.now, action: action.name }, (answer) => current && setFound(answer), say);
    return () => { current = false; };
  }, [where, action.name]);
  const same = (guard, other) => guard.line === other.line && guard.file === other.file;
  return html`<div class="stopped">
    ${action.guards.map((guard) => html`<${Guard} key=${`${guard.file}:${guard.line}`} guard=${guard}>
      <p class="muted small">the first to fail for ${count(guard.count, "choice")}</p>
      ${found && html`<ul class="list">${found.choices.filter((c) => same(c.guard, guard)).map((choice) => html`
        <${Choice} key=${`${where} ${choice.choice}`} action=${action.name} choice=${choice} walk=${walk} say=${say} />`)}</ul>`}
    <//>`)}
    ${found && found.more > 0 && html`<p class="muted small">${count(found.more, "more choice")} not listed</p>`}
  </div>`;
}
