// The state graph: around where one stands, as a whole, or grouped by expressions.
import { classes, count, html, useEffect, useState } from "./dom.js";
import { ask } from "./api.js";
import { Picture } from "./picture.js";
import { placeClasses, placeNear } from "./layout.js";
import { placeLayers } from "./layers.js";

const VIEWS = [["near", "Around here"], ["whole", "All states"], ["classes", "Grouped"]];
const KINDS = { variable: "Variables", cell: "Cells", messages: "Messages", property: "Properties" };
const LARGEST_RADIUS = 6;

// Kept while the page is open, so that coming back to the graph shows the same.
const chosen = { view: "near", radius: 2, names: [] };

function Radius({ radius, onChange }) {
  return html`<label class="check">steps <select id="radius" value=${radius} onChange=${(e) => onChange(Number(e.target.value))}>
    ${Array.from({ length: LARGEST_RADIUS }, (_, k) => html`<option key=${k} value=${k + 1}>${k + 1}</option>`)}</select></label>`;
}

function Names({ about, names, onChange }) {
  const left = about.expressions.filter((e) => !names.includes(e.name));
  const add = (event) => {
    if (event.target.value) onChange([...names, event.target.value]);
    event.target.value = "";
  };
  return html`<span class="chips">${names.map((name) => html`<button key=${name} class="chip" title="Take it away"
      onClick=${() => onChange(names.filter((n) => n !== name))}><code>${name}</code> ×</button>`)}
    <select id="expression" aria-label="Group by one more expression" onChange=${add} value="">
      <option value="">group by …</option>
      ${Object.entries(KINDS).map(([kind, title]) => html`<optgroup key=${kind} label=${title}>
        ${left.filter((e) => e.kind === kind).map((e) => html`<option key=${e.name} value=${e.name}>${e.name}</option>`)}
      </optgroup>`)}</select></span>`;
}

function question(view, way, radius, names) {
  if (view === "near") return ["near", { way, radius }];
  return view === "whole" ? ["whole", { way }] : ["classes", { way, names }];
}

// How much of the graph this is, and why there may be no drawing.
function Extent({ view, found, radius }) {
  if (view === "near") {
    return html`<p class="hint">${count(found.nodes.length, "state")}${found.cut
      ? `: ${radius < found.cut.layer ? "" : `layer ${found.cut.layer} is left out, with ${count(found.cut.states, "more state")}`}`
      : ` within ${count(radius, "step")}, and the way here`}</p>`;
  }
  const all = found.complete ? "" : ` found before the search ended (${found.ended}): these are not all`;
  const extent = `${count(found.states, "state")}${all}, ${count(found.transitions, "transition")}, depth ${found.depth}`;
  if (view === "whole" && !found.edges) {
    return html`<p class="hint">${extent}. More than ${found.most.toLocaleString("en")} states are not drawn one by one: group them.</p>`;
  }
  if (view === "classes" && !found.edges) {
    return html`<p class="hint">${extent}, in ${count(found.classes, "class").replace("classs", "classes")}: too many to
      tell apart in a drawing, at most ${found.most}. Group by less, or by single cells.</p>`;
  }
  const groups = view === "classes" ? `, in ${found.classes === 1 ? "1 class" : `${found.classes} classes`}` : "";
  return html`<p class="hint">${extent}${groups}</p>`;
}

const PLACE = { near: placeNear, whole: placeLayers, classes: placeClasses };

export function Graph({ about, walk, say }) {
  const [view, setView] = useState(chosen.view);
  const [radius, setRadius] = useState(chosen.radius);
  const [names, setNames] = useState(chosen.names);
  const [found, setFound] = useState(null);
  const [waiting, setWaiting] = useState(false);
  const where = walk.now.join(".");
  Object.assign(chosen, { view, radius, names });
  const wanted = view === "near" ? radius : view === "classes" ? names.join("\u0000") : "";

  useEffect(() => {
    let current = true;
    if (view === "classes" && names.length === 0) {
      setFound(null);
      return undefined;
    }
    const [name, body] = question(view, walk.now, radius, names);
    setWaiting(true);
    ask(name, body)
      .then((answer) => current && setFound({ view, answer }),
        (error) => { if (current) { setFound(null); say(error.message); } })
      .finally(() => current && setWaiting(false));
    return () => { current = false; };
  }, [view, wanted, where]);

  const go = (node) => {
    if (node.way) walk.go(node.way);
    else ask("way", { state: node.state }).then(({ way }) => walk.go(way), (error) => say(error.message));
  };
  const shown = found && found.view === view ? found.answer : null;
  return html`<div class="graph-head">
      <div class="segments" role="group" aria-label="Which states">${VIEWS.map(([id, name]) => html`<button key=${id}
        id=${`view-${id}`} aria-pressed=${view === id} class=${classes(view === id && "on")} onClick=${() => setView(id)}>${name}</button>`)}</div>
      ${view === "near" && html`<${Radius} radius=${radius} onChange=${setRadius} />`}
      ${view === "classes" && html`<${Names} about=${about} names=${names} onChange=${setNames} />`}
    </div>
    ${view === "classes" && names.length === 0 && html`<p class="empty">Choose an expression: states that agree on it
      become one node. More expressions tell more states apart.</p>`}
    ${shown && html`<${Extent} view=${view} found=${shown} radius=${radius} />`}
    ${!shown && waiting && html`<p class="empty">Searching …</p>`}
    ${shown?.edges && html`<${Picture} found=${shown} placed=${PLACE[view]} small=${view === "whole"} onGo=${go} />`}`;
}
