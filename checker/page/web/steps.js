// What is possible in this state, by action; and what is not, with the reason.
import { classes, count, html, useState } from "./dom.js";
import { Stopped } from "./stopped.js";

let filter = "";
let withLoops = false;

// The steps in the order in which they are listed: the keyboard counts them.
export function visible(here) {
  if (!here) return [];
  const wanted = filter.toLowerCase();
  return here.steps.filter((s) => s.title.toLowerCase().includes(wanted) && (withLoops || !s.stays));
}

const WORDS = { changed: "", sent: "sends ", taken: "takes " };

function Step({ step, place, selected, walk, onSelect }) {
  const next = walk.way[walk.cursor + 1] === step.number;
  return html`<li class=${classes("step", selected && "selected", next && "next")}>
    <button class="take" disabled=${step.undefined !== null} data-number=${step.number}
        onMouseEnter=${() => onSelect(place)} onFocus=${() => onSelect(place)}
        onClick=${() => walk.take(step.number)}>
      <span class="key" aria-hidden="true">${place < 9 ? place + 1 : ""}</span>
      <code>${step.title}</code>
      ${step.stays && html`<span class="badge">no change</span>`}
      ${next && html`<span class="badge">next on the path</span>`}
      ${step.undefined !== null && html`<span class="badge bad">undefined</span>`}
      ${step.violates.map((name) => html`<span key=${name} class="badge bad">violates ${name}</span>`)}
    </button>
  </li>`;
}

// What the selected step would do. It has its own place: nothing moves under the mouse.
function Effect({ step }) {
  return html`<footer class="effect" aria-live="polite">${!step ? html`<p class="muted small">No step is selected.</p>`
    : html`<h3><code>${step.title}</code></h3>
      ${step.undefined !== null ? html`<p class="bad-text">${step.undefined}</p>`
      : step.changes.length === 0 ? html`<p class="muted small">changes nothing</p>`
      : html`<ul class="list">${step.changes.map((c) => html`<li key=${c.text}>${WORDS[c.kind]}<code>${c.text}</code></li>`)}</ul>`}`}
  </footer>`;
}

function Action({ action, doc, fault, steps, listed, selected, walk, onSelect, say }) {
  const [open, setOpen] = useState(false);
  const all = walk.here.steps.filter((s) => s.action === action.name).length;
  const said = all === 0 ? "not possible" : steps.length === 0 ? `${all} not listed` : `${all} possible`;
  return html`<section class="action" data-action=${action.name}>
    <h3 title=${doc}>${action.name}${fault && html`<span class="badge">fault: ${fault}</span>`}
      <span class="muted">${said}</span></h3>
    <ul class="list">${steps.map((step) => {
      const place = listed.indexOf(step);
      return html`<${Step} key=${step.number} step=${step} place=${place} walk=${walk}
        selected=${place === selected} onSelect=${onSelect} />`;
    })}</ul>
    ${action.missing && html`<p class="reason muted">✗ ${action.missing}</p>`}
    ${action.stopped > 0 && html`<button class="plain more" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      ${open ? "▾" : "▸"} ${action.stopped} not possible: why?</button>`}
    ${open && html`<${Stopped} action=${action} walk=${walk} say=${say} />`}
  </section>`;
}

// A protocol may begin in several states: which one, by its number from 1.
function Initial({ count: states, walk }) {
  const [number] = walk.way;
  const choose = (to) => walk.start(Math.max(0, Math.min(states - 1, to)));
  const typed = (event) => { if (event.target.value) choose(Number(event.target.value) - 1); };
  return html`<div class="initial buttons"><span class="muted">initial state</span>
    <button aria-label="The one before" disabled=${number === 0} onClick=${() => choose(number - 1)}>‹</button>
    <input id="initial" type="number" min="1" max=${states} value=${number + 1} aria-label="Number of the initial state" onChange=${typed} />
    <button aria-label="The next one" disabled=${number === states - 1} onClick=${() => choose(number + 1)}>›</button>
    <span class="muted">of ${states.toLocaleString("en")}</span></div>`;
}

export function Steps({ about, walk, selected, onSelect, say }) {
  const [, again] = useState(0);
  const { here } = walk;
  if (!here) return html`<p class="empty">Loading …</p>`;
  const listed = visible(here);
  const loops = here.steps.filter((s) => s.stays).length;
  const changed = (set) => (event) => { set(event.target); onSelect(0); again((n) => n + 1); };
  const parts = Object.fromEntries(about.actions.map((a) => [a.name, a]));
  return html`<div class="steps-list"><div class="pane-head">
      <h2>Steps</h2>
      <input id="filter" type="search" placeholder="Filter ( / )" aria-label="Filter the steps" value=${filter}
        onInput=${changed((input) => { filter = input.value; })} />
    </div>
    ${about.initial > 1 && walk.cursor === 0 && html`<${Initial} count=${about.initial} walk=${walk} />`}
    ${loops > 0 && html`<label class="check"><input type="checkbox" id="loops" checked=${withLoops}
      onChange=${changed((input) => { withLoops = input.checked; })} />
      also ${count(loops, "step")} that change${loops === 1 ? "s" : ""} nothing</label>`}
    ${here.rests && html`<p class="hint">${here.steps.length ? "No step leads to another state."
      : "No step is possible here."}</p>`}
    ${here.actions.map((action) => html`<${Action} key=${action.name} action=${action}
      doc=${parts[action.name].doc} fault=${parts[action.name].fault}
      steps=${listed.filter((s) => s.action === action.name)} listed=${listed}
      selected=${selected} walk=${walk} onSelect=${onSelect} say=${say} />`)}</div>
    <${Effect} step=${listed[selected]} />`;
}
