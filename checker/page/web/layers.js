// Where the nodes of a whole graph go: a band for each distance from the start. Within it, states are
// sorted by where their neighbours are, so that fewer edges cross; a band that is too long is folded.

const BAND = 44, LINE = 11, MARGIN = 18, GUTTER = 74, WIDTH = 620, SWEEPS = 6;
const PER_LINE = Math.floor(WIDTH / LINE);

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
  const nodes = new Array(total);
  const bad = new Set(found.violated);
  const into = new Array(total).fill("an initial state");
  found.edges.forEach(([from, to], k) => {
    if (found.layers[to] === found.layers[from] + 1) into[to] = found.titles[k];
  });
  const labels = [];
  let y = MARGIN;
  rows.forEach((row, layer) => {
    labels.push({ x: GUTTER - 14, y: y + 4, text: `${layer}: ${row.length.toLocaleString("en")}` });
    const lines = Math.ceil(row.length / PER_LINE);
    const length = Math.ceil(row.length / lines);
    row.forEach((node, k) => {
      const [line, column] = [Math.floor(k / length), k % length];
      nodes[node] = {
        x: GUTTER + ((column + 0.5) / length) * WIDTH, y: y + line * LINE,
        radius: Math.min(lines === 1 ? 6 : LINE / 2 - 1, WIDTH / length / 2 - 1), state: node, layer,
        here: node === found.here, initial: layer === 0, bad: bad.has(node),
        title: `after ${layer} steps: ${into[node]}${bad.has(node) ? "\nviolates an invariant" : ""}`,
      };
    });
    y += (lines - 1) * LINE + (lines === 1 ? BAND : BAND / 2);
  });
  return { width: GUTTER + WIDTH + MARGIN, height: y, nodes, labels,
    edges: found.edges.map(([from, to], k) => ({ from, to, points: null, title: found.titles[k] })) };
}
