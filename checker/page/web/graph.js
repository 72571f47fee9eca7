// The state graph: around where one stands, as a whole, or grouped by expressions.
import { classes, count, html, useEffect, useState } from "./dom.js";
import { ask, askOrSay } from "./api.js";
import { Names } from "./expressions.js";
import { Picture } from "./picture.js";
import { placeClasses, placeNear } from "./layout.js";
import { placeLayers } from "./layers.js";

const VIEWS = [["near", "Around here"], ["whole", "All states"], ["classes", "Grouped"]];

// Kept while the page is open, so that coming back to the graph shows the same.
const chosen = { view: "near", radius: 2, names: [] };

function Radius({ radius, largest, onChange }) {
  return html`<label class="check">steps <select id="radius" value=${radius} onChange=${(e) => onChange(Number(e.target.value))}>
    ${Array.from({ length: largest }, (_, k) => html`<option key=${k} value=${k + 1}>${k + 1}</option>`)}</select></label>`;
}

function question(view, way, radius, names) {
  if (view === "near") return ["near", { way, radius }];
  return view === "whole" ? ["whole", { way }] : ["classes", { way, names }];
}

const leftOut = (cut, which) => `; those ${count(cut.layer, "step")} ${which} are left out, ${count(cut.states, "more state")}`;

// Of what is near: how many states follow, and how much is known of what leads here.
function NearExtent({ about, found, radius }) {
  const after = found.nodes.filter((n) => n.layer > 0).length;
  const earlier = found.nodes.filter((n) => n.before).length;
  const { before } = found;
  const lead = (n) => `${n || "none"} of ${among} ${n > 1 ? "lead" : "leads"} here`;
  const among = before && `the ${before.complete ? "" : "first "}${count(before.states, "state")}${before.complete ? "" : " that a search found"}`;
  return html`<p class="hint">${count(after, "state")} within ${count(radius, "step")}${found.cut ? leftOut(found.cut, "on") : ""}.
    ${before === null && ` Searching for what leads here, among ${about.most_searched.toLocaleString("en")} states at most …`}
    ${before && !before.known && ` What leads here is not known: this state is not among ${among}.`}
    ${before?.known && ` Besides the way here, ${lead(earlier)}${before.cut ? leftOut(before.cut, "before") : ""}.`}</p>`;
}

// How much of the graph this is, and why there may be no drawing.
function Extent({ about, view, found, radius }) {
  if (view === "near") return html`<${NearExtent} about=${about} found=${found} radius=${radius} />`;
  const all = found.complete ? "" : ` found before the search ended (${found.ended}): these are not all`;
  const extent = `${count(found.states, "state")}${all}, ${count(found.transitions, "transition")}, depth ${found.depth}`;
  if (view === "whole" && !found.edges) {
    return html`<p class="hint">${extent}. More than ${found.most.toLocaleString("en")} states are not drawn one by one: group them.</p>`;
  }
  if (view === "classes" && !found.edges) {
    return html`<p class="hint">${extent}, in ${count(found.classes, "class", "classes")}: too many to
      tell apart in a drawing, at most ${found.most}. Group by less, or by single cells.</p>`;
  }
  const groups = view === "classes" ? `, in ${count(found.classes, "class", "classes")}` : "";
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
    const show = (answer) => {
      if (!current) return null;
      setFound({ view, answer });
      // What follows is there at once; for what leads here all states are searched first.
      if (answer.before !== null) return null;
      return ask(name, { ...body, before: true }).then(show, (error) => {
        show({ ...answer, before: undefined });
        say(error.message);
      });
    };
    setWaiting(true);
    ask(name, body).then(show)
      .catch((error) => { if (current) { setFound(null); say(error.message); } })
      .finally(() => current && setWaiting(false));
    return () => { current = false; };
  }, [view, wanted, where]);

  const go = (node) => {
    if (node.way) walk.go(node.way);
    else askOrSay("way", { state: node.state }, ({ way }) => walk.go(way), say);
  };
  const shown = found && found.view === view ? found.answer : null;
  return html`<div class="graph-head">
      <div class="segments" role="group" aria-label="Which states">${VIEWS.map(([id, name]) => html`<button key=${id}
        id=${`view-${id}`} aria-pressed=${view === id} class=${classes(view === id && "on")} onClick=${() => setView(id)}>${name}</button>`)}</div>
      ${view === "near" && html`<${Radius} radius=${radius} largest=${about.largest_radius} onChange=${setRadius} />`}
      ${view === "classes" && html`<${Names} about=${about} names=${names} onChange=${setNames} />`}
    </div>
    ${view === "classes" && names.length === 0 && html`<p class="empty">Choose an expression, or type one as in the model:
      states that agree on it become one node. More expressions tell more states apart.</p>`}
    ${shown && html`<${Extent} about=${about} view=${view} found=${shown} radius=${radius} />`}
    ${!shown && waiting && html`<p class="empty">Searching …</p>`}
    ${shown?.edges && html`<${Picture} found=${shown} placed=${PLACE[view]} small=${view === "whole"} onGo=${go} />`}`;
}
