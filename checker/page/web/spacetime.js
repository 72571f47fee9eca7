// A space-time diagram as SVG: processes side by side, time going down, messages from the step that
// sends them to the step that they enable.
import { classes, html, useEffect, useRef, useState } from "./dom.js";

const ROW = 30, TOP = 34, DOT = 5, LETTER = 7.3, PAD = 14;
const CROSS = 2;  // letters that the mark of a step after which something is violated takes

export function shorten(text, room) {
  return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;
}

const isBad = (run, number) => run.violated[number].length > 0;

// Room for the titles, and where each process has its line.
export function place(run, width) {
  const longest = Math.max(12, ...run.steps.map((s) => s.title.length + (isBad(run, s.number) ? CROSS : 0)));
  const gutter = Math.min(56 + longest * LETTER, Math.max(150, width * 0.44));
  const free = Math.max(width - gutter - PAD, run.lanes.length * 46);
  const pitch = Math.min(150, free / run.lanes.length);
  const x = Object.fromEntries(run.lanes.map((name, k) => [name, gutter + pitch * (k + 0.5)]));
  return { gutter, pitch, x, width: Math.max(width, gutter + pitch * run.lanes.length + PAD),
    room: Math.floor((gutter - 46) / LETTER), y: (number) => TOP + number * ROW + ROW / 2,
    height: TOP + (run.steps.length + 1) * ROW + 8 };
}

const laneOf = (run, step) => step.node ?? run.lanes[0];

const MOST_LABELS = 2;  // of arrows that meet: with more of one name they cover each other

// The messages of one step from one sender are one arrow.
export function arrows(run) {
  return run.steps.flatMap((step) => {
    const senders = [...new Set(step.received.map((r) => r.step))].filter((n) => n > 0);
    const named = senders.map((from) => {
      const texts = step.received.filter((r) => r.step === from).map((r) => r.text);
      return { from, to: step.number, texts, names: [...new Set(texts.map((t) => t.split("(")[0]))].join(", ") };
    });
    return named.map((arrow) => {
      const same = named.filter((other) => other.names === arrow.names);
      return { ...arrow, labelled: same.length <= MOST_LABELS || same[0] === arrow };
    });
  });
}

function Arrow({ arrow, run, at, dim }) {
  const [from, to] = [run.steps[arrow.from - 1], run.steps[arrow.to - 1]];
  const [x1, x2] = [at.x[laneOf(run, from)], at.x[laneOf(run, to)]];
  const [y1, y2] = [at.y(arrow.from), at.y(arrow.to)];
  const { names } = arrow;
  let path, label;
  if (x1 === x2) {
    const out = x1 + Math.min(at.pitch * 0.42, 30);
    path = `M${x1 + DOT} ${y1} C${out} ${y1 + 4} ${out} ${y2 - 4} ${x2 + DOT + 4} ${y2}`;
    label = null;
  } else {
    const side = x2 > x1 ? 1 : -1;
    const length = Math.hypot(x2 - x1, y2 - y1);
    const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
    const [ex, ey] = [x2 - dx * (DOT + 3), y2 - dy * (DOT + 3)];
    path = `M${x1 + dx * DOT} ${y1 + dy * DOT} L${ex} ${ey}`;
    const turn = Math.atan2((y2 - y1) * side, (x2 - x1) * side) * 180 / Math.PI;
    // Near the receiver: arrows from one sender part there, and those that cross meet in the middle.
    const part = 1 - Math.max(at.pitch * 0.3, names.length * 3 + 10) / Math.abs(x2 - x1);
    label = arrow.labelled && names.length * 6 < at.pitch * length / Math.abs(x2 - x1) - 12
      ? `translate(${x1 + (x2 - x1) * part} ${y1 + (y2 - y1) * part}) rotate(${turn})` : null;
  }
  return html`<g class=${classes("arrow", dim && "dim")}>
    <title>${arrow.texts.join("\n")}</title>
    <path class="reach" d=${path} /><path class="line" d=${path} marker-end="url(#head)" />
    ${label && html`<text class="label" transform=${label} y="-4" text-anchor="middle">${names}</text>`}
  </g>`;
}

function Band({ number, run, at, cursor, jump }) {
  const bad = isBad(run, number);
  return html`<rect class=${classes("band", number === cursor && "now", bad && "bad")} data-row=${number}
    x="1" y=${at.y(number) - ROW / 2 + 1} width=${at.width - 2} height=${ROW - 2} rx="5" onClick=${() => jump(number)} />`;
}

function Row({ number, step, run, at, cursor, loop, jump }) {
  const y = at.y(number);
  const bad = isBad(run, number);
  const again = loop !== null && number > loop;
  const text = step ? step.title : "initial state";
  const lost = step ? step.sent.filter((m) => !m.received) : [];
  const x = step ? at.x[laneOf(run, step)] : null;
  return html`<g class=${classes("row", number > cursor && "dim", bad && "bad")} onClick=${() => jump(number)}>
    <title>${bad ? `${text}\nviolates ${run.violated[number].join(", ")}` : text}</title>
    <text class="number" x="24" y=${y + 4} text-anchor="end">${number}</text>
    ${again && html`<text class="number" x="5" y=${y + 4}>↻</text>`}
    <text class="step-title" x="34" y=${y + 4}>${shorten(text, at.room - (bad ? CROSS : 0))}</text>
    ${bad && html`<text class="cross" x=${at.gutter - 8} y=${y + 4} text-anchor="end">✗</text>`}
    ${lost.length > 0 && html`<path class="lost" d=${`M${x + 3} ${y + 3} l9 5`} /><circle class="lost-end" cx=${x + 14} cy=${y + 9} r="2">
      <title>${lost.map((m) => `${m.text}: not received on this path`).join("\n")}</title></circle>`}
    ${step && html`<circle class="dot" cx=${x} cy=${y} r=${DOT} />`}
  </g>`;
}

export function Diagram({ run, cursor, loop, jump }) {
  const box = useRef(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    box.current.querySelector(`[data-row="${cursor}"]`)?.scrollIntoView({ block: "nearest" });
  }, [cursor, run]);
  const at = place(run, Math.max(280, width));
  const rows = [null, ...run.steps];
  return html`<div class="diagram" ref=${box}>
    <svg width=${at.width} height=${at.height} role="img" aria-label="Space-time diagram of the path">
      <defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
        <path d="M0 0.5 8 4 0 7.5z" /></marker></defs>
      ${rows.map((_, number) => html`<${Band} key=${number} number=${number} run=${run} at=${at} cursor=${cursor} jump=${jump} />`)}
      <g class="lanes">${run.lanes.map((name) => html`<g key=${name}>
        <text x=${at.x[name]} y="20" text-anchor="middle"><title>${name === "—" ? "no process" : name}</title>${
          shorten(name, Math.floor(at.pitch / LETTER))}</text>
        <line x1=${at.x[name]} x2=${at.x[name]} y1=${TOP} y2=${at.height - 4} /></g>`)}</g>
      <g class="arrows">${arrows(run).map((arrow) => html`<${Arrow} key=${`${arrow.from} ${arrow.to}`} arrow=${arrow}
        run=${run} at=${at} dim=${arrow.to > cursor} />`)}</g>
      ${rows.map((step, number) => html`<${Row} key=${number} number=${number} step=${step} run=${run} at=${at}
        cursor=${cursor} loop=${loop} jump=${jump} />`)}
    </svg></div>`;
}
