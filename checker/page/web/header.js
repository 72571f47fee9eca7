// What is walked, and the way along the path.
import { html } from "./dom.js";
import { openTrace, saveTrace } from "./files.js";

const sizesOf = (about) => Object.entries({ ...about.sizes, ...about.faults });

export function Header({ about, walk, say, onHelp }) {
  const { cursor, way } = walk;
  const last = way.length - 1;
  const copy = () => navigator.clipboard.writeText(location.href)
    .then(() => say("The address is copied. It works while this server runs; what follows # works "
      + "with every later one."), () => say(location.href));
  return html`<header class="header">
    <div class=${walk.busy ? "busy on" : "busy"} aria-hidden="true"></div>
    <div class="title" title=${about.doc}>
      <h1>${about.name}</h1>
      <span class="sizes">${sizesOf(about).map(([name, n]) => html`<span key=${name}>${name}\u00a0${n}</span>`)}</span>
    </div>
    <div class="buttons way">
      <button id="start" aria-label="To the start" disabled=${cursor === 0} title="To the start (Home)" onClick=${() => walk.jump(0)}>⇤</button>
      <button id="undo" aria-label="Back" disabled=${cursor === 0} title="Back (u)" onClick=${() => walk.move(-1)}>←<span class="word"> Back</span></button>
      <span class="where" id="where"><span class="word">step </span>${cursor} of ${last}</span>
      <button id="redo" aria-label="Forward" disabled=${cursor === last} title="Forward (r)" onClick=${() => walk.move(1)}><span class="word">Forward </span>→</button>
      <button id="end" aria-label="To the end" disabled=${cursor === last} title="To the end (End)" onClick=${() => walk.jump(last)}>⇥</button>
    </div>
    <div class="buttons">
      <button id="open" title="Open a trace (o)" onClick=${() => openTrace(walk, say)}>Open</button>
      <button id="save" title="Save this path as a trace (s)" onClick=${() => saveTrace(walk, say)}>Save</button>
      <button id="copy" title="Copy the address of this path" onClick=${copy}>Link</button>
      <button id="help" title="Keys (?)" aria-label="Keys" onClick=${onHelp}>?</button>
    </div>
  </header>`;
}
