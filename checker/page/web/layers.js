// Where the nodes of a whole graph go: one row for each distance from the start; within a row, states
// are sorted by where their neighbours are, so that fewer edges cross.

const ROW = 44, MARGIN = 18, SWEEPS = 6;

function sorted(rows, neighbours, position) {
  for (const row of rows) {
    const mean = new Map(row.map((node) => {
      const others = neighbours[node];
      const sum = others.reduce((total, other) => total + position[other], 0);
      return [node, others.length ? sum / others.length : position[node]];
    }));
    row.sort((a, b) => mean.get(a) - mean.get(b));
    spread(row, position);
  }
}

// The nodes of a row at equal distances, from 0 to 1.
function spread(row, position) {
  row.forEach((node, k) => { position[node] = (k + 0.5) / row.length; });
}

export function placeLayers(found) {
  const total = found.layers.length;
  const rows = [];
  found.layers.forEach((layer, node) => { (rows[layer] ??= []).push(node); });
  const [above, below] = [0, 1].map(() => Array.from({ length: total }, () => []));
  for (const [from, to] of found.edges) {
    if (found.layers[to] > found.layers[from]) {
      above[to].push(from);
      below[from].push(to);
    }
  }
  const position = new Array(total);
  rows.forEach((row) => spread(row, position));
  for (let k = 0; k < SWEEPS; k += 1) {
    if (k % 2 === 0) sorted(rows, above, position);
    else sorted([...rows].reverse(), below, position);
  }
  const widest = Math.max(...rows.map((row) => row.length));
  const pitch = Math.max(7, Math.min(34, 900 / widest));
  const width = 2 * MARGIN + Math.max(320, widest * pitch);
  const bad = new Set(found.violated);
  const into = new Array(total).fill("an initial state");
  found.edges.forEach(([from, to], k) => {
    if (found.layers[to] === found.layers[from] + 1) into[to] = found.titles[k];
  });
  const nodes = Array.from({ length: total }, (_, k) => ({
    x: MARGIN + position[k] * (width - 2 * MARGIN), y: MARGIN + found.layers[k] * ROW,
    radius: Math.min(6, pitch / 2 - 1), state: k, layer: found.layers[k],
    here: k === found.here, initial: found.layers[k] === 0, bad: bad.has(k),
    title: `after ${found.layers[k]} steps: ${into[k]}${bad.has(k) ? "\nviolates an invariant" : ""}`,
  }));
  return { width, height: 2 * MARGIN + (rows.length - 1) * ROW, nodes,
    edges: found.edges.map(([from, to], k) => ({ from, to, points: null, title: found.titles[k] })) };
}
