// A placed graph as SVG, with what belongs to the node under the mouse brought out.
import { classes, html, useEffect, useMemo, useRef, useState } from "./dom.js";

const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

function smooth(points) {
  const [first, ...rest] = points;
  let path = `M${first.x} ${first.y}`;
  for (let k = 0; k < rest.length - 1; k += 1) {
    const end = middle(rest[k], rest[k + 1]);
    path += ` Q${rest[k].x} ${rest[k].y} ${end.x} ${end.y}`;
  }
  const last = rest[rest.length - 1];
  return `${path} L${last.x} ${last.y}`;
}

function pathOf(edge, nodes) {
  if (edge.points) return smooth(edge.points);
  const [a, b] = [nodes[edge.from], nodes[edge.to]];
  if (a.radius) return `M${a.x} ${a.y} L${b.x} ${b.y}`;
  // Back to an earlier layer, or across one: above the nodes.
  const top = Math.min(a.y - a.height / 2, b.y - b.height / 2) - 14;
  return `M${a.x} ${a.y - a.height / 2} C${a.x} ${top} ${b.x} ${top} ${b.x} ${b.y - b.height / 2 - 2}`;
}

function Node({ node, onGo, onOver }) {
  const names = classes("node", node.here && "here", node.path && "path", node.initial && "initial", node.visited && "visited",
    node.before && "before", node.bad && "bad", node.rests && "rests");
  const press = (event) => { if (event.key === "Enter") { event.stopPropagation(); onGo(node); } };
  return html`<g class=${names} role="button" tabindex="0" onClick=${() => onGo(node)} onKeyDown=${press}
      onMouseEnter=${onOver} transform=${`translate(${node.x} ${node.y})`}>
    <title>${node.title}</title>
    ${node.radius ? html`<circle r=${node.here ? node.radius + 2 : node.radius} />`
    : html`<rect x=${-node.width / 2} y=${-node.height / 2} width=${node.width} height=${node.height} rx="6" />
      ${node.lines.map((line, k) => html`<text key=${k} class=${classes(k === node.muted && "muted")} text-anchor="middle"
        y=${(k - (node.lines.length - 1) / 2) * 16 + 4}>${line}</text>`)}`}
  </g>`;
}

const LEGEND = [["here", "you are here"], ["path", "on the path"], ["initial", "initial"],
  ["visited", "visited"], ["before", "leads here"], ["bad", "violates an invariant"], ["rests", "no way on"]];
const MANY_EDGES = 700;  // with more, only those of one state are drawn

function Legend({ nodes }) {
  const there = LEGEND.filter(([name]) => nodes.some((node) => node[name]));
  return html`<ul class="legend">${there.map(([name, said]) => html`<li key=${name}>
    <svg width="18" height="14"><g class=${`node ${name}`}><rect x="1" y="2" width="16" height="10" rx="3" /></g></svg>${said}</li>`)}</ul>`;
}

export function Picture({ found, placed, small, onGo }) {
  const box = useRef(null);
  const [over, setOver] = useState(null);
  const [zoom, setZoom] = useState(null);
  const drawn = useMemo(() => placed(found), [found]);
  useEffect(() => setOver(null), [found]);
  useEffect(() => {
    const here = box.current.querySelector(".node.here");
    here?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [found, zoom]);
  const room = (box.current?.clientWidth ?? 640) - 10;  // without its padding
  const fit = Math.min(1, room / drawn.width);
  const scale = zoom ?? (small ? fit : Math.max(fit, 0.75));
  const dense = small && drawn.edges.length > MANY_EDGES;
  const chosen = over ?? (dense ? drawn.nodes.findIndex((node) => node.here) : null);
  const nearby = chosen === null ? [] : drawn.edges.filter((e) => e.from === chosen || e.to === chosen);

  const base = useMemo(() => html`<g>
      ${dense ? null : small ? html`<path class="edge" d=${drawn.edges.map((e) => pathOf(e, drawn.nodes)).join("")} />`
    : drawn.edges.map((e) => html`<path key=${`${e.from} ${e.to}`} class=${classes("edge", !e.points && "back")}
        d=${pathOf(e, drawn.nodes)} marker-end="url(#tip)"><title>${e.title}</title></path>`)}</g>`, [drawn]);
  const nodes = useMemo(() => html`<g>${drawn.nodes.map((node, k) => html`<${Node} key=${k} node=${node} onGo=${onGo}
    onOver=${() => setOver(k)} />`)}</g>`, [drawn]);
  const step = (by) => () => setZoom(Math.max(0.1, Math.min(2.5, scale * by)));
  return html`<div class="graph-tools"><${Legend} nodes=${drawn.nodes} />
      <div class="buttons"><button title="Smaller" aria-label="Smaller" onClick=${step(0.8)}>−</button>
        <button title="Fit the width" onClick=${() => setZoom(fit)}>Fit</button>
        <button title="Larger" aria-label="Larger" onClick=${step(1.25)}>+</button></div></div>
    ${dense && html`<p class="muted small">Each row is a distance from the start: how many states there are. Only the
      steps of one state are drawn: of the one under the mouse, or where you are.</p>`}
    <div class=${classes("graph", small && "small", over !== null && "hovering")} ref=${box} onMouseLeave=${() => setOver(null)}>
      <svg width=${drawn.width * scale} height=${drawn.height * scale} viewBox=${`0 0 ${drawn.width} ${drawn.height}`}
          role="group" aria-label="State graph">
        <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
          <path d="M0 0.5 8 4 0 7.5z" /></marker></defs>
        ${(drawn.labels ?? []).map((l) => html`<text key=${l.text} class="depth" x=${l.x} y=${l.y} text-anchor="end">${l.text}</text>`)}
        ${base}
        <g>${nearby.map((e) => html`<path key=${`${e.from} ${e.to}`} class=${classes("edge", "on", e.from === chosen ? "out" : "in")}
          d=${pathOf(e, drawn.nodes)}><title>${e.title}</title></path>`)}</g>
        ${nodes}
      </svg></div>`;
}
