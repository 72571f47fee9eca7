// Where the nodes of small graphs go: dagre's layered layout, from left to right.
import dagre from "./vendor/dagre.js";
import { count } from "./dom.js";

const LETTER = 6.9, LINE = 16;
export const LONGEST = 42;

const cut = (text) => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`);

function layOut(nodes, edges, layerOf) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 10, ranksep: 46, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  nodes.forEach((node, k) => graph.setNode(String(k), { width: node.width, height: node.height }));
  // What leads back is drawn by itself: it would pull the layers apart.
  edges.filter((e) => layerOf(e.to) > layerOf(e.from)).forEach((e) => {
    graph.setEdge(String(e.from), String(e.to), { minlen: layerOf(e.to) - layerOf(e.from) });
  });
  dagre.layout(graph);
  const { width, height } = graph.graph();
  return {
    width, height,
    nodes: nodes.map((node, k) => ({ ...node, ...graph.node(String(k)) })),
    edges: edges.map((e) => ({ ...e, points: graph.edge(String(e.from), String(e.to))?.points ?? null })),
  };
}

const box = (lines) => ({ lines,
  width: Math.max(44, Math.max(...lines.map((l) => l.length)) * LETTER + 20), height: lines.length * LINE + 12 });

export function placeNear(found) {
  const nodes = found.nodes.map((n) => ({ ...box([cut(n.title)]), way: n.way, state: n.state, layer: n.layer,
    here: n.here, path: n.path, visited: n.visited, before: n.before, bad: n.violated.length > 0, rests: n.rests,
    title: [n.title, ...(n.before ? ["leads here, not on the path"] : []), ...n.violated.map((name) => `violates ${name}`),
      n.here ? "you are here" : `${count(Math.abs(n.layer), "step")} ${n.layer < 0 ? "before" : "after"} the present state`,
      ...(n.differs.length > 0 ? ["", "differs from it:", ...n.differs.slice(0, 14)] : [])].join("\n") }));
  const edges = found.edges.map((e) => ({ from: e.from, to: e.to, title: e.titles.join("\n") }));
  return layOut(nodes, edges, (k) => found.nodes[k].layer);
}

export function placeClasses(found) {
  const nodes = found.nodes.map((n) => {
    const lines = found.names.map((name, k) => cut(`${name} = ${n.values[k]}`));
    const states = count(n.states, "state");
    return { ...box([...lines, states]), muted: lines.length, state: n.first, layer: n.layer,
      here: n.here, initial: n.initial,
      title: [...found.names.map((name, k) => `${name} = ${n.values[k]}`), states,
        `first after ${n.layer} steps`, n.initial ? "initial" : ""].join("\n").trim() };
  });
  const edges = found.edges.map((e) => ({ from: e.from, to: e.to,
    title: Object.entries(e.actions).map(([name, n]) => `${name}: ${n.toLocaleString("en")}`).join("\n") }));
  // By order of discovery: a class is first met from one that was met before.
  return layOut(nodes, edges, (k) => found.nodes[k].layer);
}
