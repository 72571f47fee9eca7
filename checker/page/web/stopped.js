// Why an action is not possible: its guards, and for which arguments each is the first to fail.
import { classes, count, html, useEffect, useState } from "./dom.js";
import { ask } from "./api.js";

const MARKS = { true: "✓", false: "✗", null: "·" };
const SAID = { true: "holds", false: "fails", null: "not reached" };

const fileOf = (path) => path.split(/[\\/]/).pop();

export function Guard({ guard, children }) {
  return html`<div class=${classes("guard", guard.held === true && "ok", guard.held === false && "bad")}>
    <span class="mark" title=${SAID[guard.held]}>${MARKS[guard.held]}</span>
    <div><code>${guard.text}</code>
      <span class="place" title=${`${guard.file}:${guard.line}`}>${fileOf(guard.file)}:${guard.line}</span>
      ${guard.missing && html`<p class="missing">${guard.missing}</p>`}
      ${children}</div>
  </div>`;
}

function Choice({ action, choice, walk, say }) {
  const [guards, setGuards] = useState(null);
  const [open, setOpen] = useState(false);
  const toggle = () => {
    setOpen(!open);
    if (guards === null) {
      ask("guards", { way: walk.now, action, choice: choice.choice })
        .then((answer) => setGuards(answer.guards), (error) => say(error.message));
    }
  };
  return html`<li><button class="plain choice" aria-expanded=${open} onClick=${toggle}>
      ${open ? "▾" : "▸"} <code>${choice.title}</code></button>
    ${open && guards && html`<div class="guards">${guards.map((guard, k) => html`<${Guard} key=${k} guard=${guard} />`)}</div>`}
  </li>`;
}

export function Stopped({ action, walk, say }) {
  const [found, setFound] = useState(null);
  const where = walk.now.join(".");
  useEffect(() => {
    let current = true;
    setFound(null);
    ask("stopped", { way: walk.now, action: action.name })
      .then((answer) => current && setFound(answer), (error) => say(error.message));
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
