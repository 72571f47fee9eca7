// The path so far: its space-time diagram, and what the step that one stands at did.
import { classes, html } from "./dom.js";
import { Departure } from "./departure.js";
import { Diagram } from "./spacetime.js";

function Details({ run, cursor, jump }) {
  const step = run.steps[cursor - 1];
  if (!step) return null;
  const link = (number) => html`<button class="plain" key=${number} onClick=${() => jump(number)}>${
    number === 0 ? "the start" : `step ${number}`}</button>`;
  const from = (step.received ?? []);
  const others = step.because.filter((n) => !from.some((r) => r.step === n));
  return html`<section class="details"><h3>Step ${step.number}: <code>${step.title}</code></h3>
    <dl class="facts">
      ${from.length > 0 && html`<dt>received</dt><dd>${from.map((r) => html`<div key=${r.text}><code>${r.text}</code> from ${link(r.step)}</div>`)}</dd>`}
      ${others.length > 0 && html`<dt>enabled by</dt><dd>${others.map((n, k) => html`${k > 0 && ", "}${link(n)}`)}</dd>`}
      ${step.changes.length > 0 && html`<dt>changed</dt><dd>${step.changes.map((c) => html`<div key=${c}><code>${c}</code></div>`)}</dd>`}
      ${step.sent.length > 0 && html`<dt>sent</dt><dd>${step.sent.map((m) => html`<div key=${m.text}><code>${m.text}</code></div>`)}</dd>`}
      ${!step.changes.length && !step.sent.length && html`<dt>changed</dt><dd class="muted">nothing</dd>`}
    </dl></section>`;
}

export function Run({ walk }) {
  const { run, cursor, opened } = walk;
  if (!run) return html`<p class="empty">Loading …</p>`;
  const departed = opened?.departure && html`<${Departure} departure=${opened.departure} steps=${run.steps.length} jump=${walk.jump} />`;
  if (run.steps.length === 0) {
    if (departed) return departed;
    return html`<p class="empty">The path is empty. Take a step: its space-time diagram grows here.</p>`;
  }
  return html`${departed}<${Diagram} run=${run} cursor=${cursor} loop=${opened?.loop ?? null} jump=${walk.jump} />
    ${opened?.repeats && html`<p class="hint">↻ ${opened.repeats}</p>`}
    ${run.notes.map((note) => html`<p key=${note} class="muted small">${note}</p>`)}
    <${Details} run=${run} cursor=${Math.min(cursor, run.steps.length)} jump=${walk.jump} />`;
}
