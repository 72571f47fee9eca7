// Where an implementation departs from the run: the model and the code side by side.
import { classes, html } from "./dom.js";

const shown = (value) => (value === "" ? html`<span class="muted">—</span>` : html`<code>${value}</code>`);

function Code({ side }) {
  if (side.code === null) return html`<span class="muted">not shown</span>`;
  if (side.code === side.model) return html`<span class="muted">the same</span>`;
  return html`<code>${side.code}</code>`;
}

export function Departure({ departure, steps, jump }) {
  const agreed = steps - (departure.taken ? 1 : 0);
  return html`<section class="departure" id="departure">
    <h3>The implementation differs: ${departure.what}</h3>
    <p>${agreed === 0 ? "Both agree on the initial state" : html`Both agree up to
      ${" "}<button class="plain" onClick=${() => jump(agreed)}>step ${agreed}</button>`}${
      departure.tried ? html`; then <code>${departure.tried}</code>${
        departure.taken ? ", which the model does as well" : ", which the model does not allow there"}` : ""}.</p>
    ${departure.values.length > 0 && html`<div class="scroll"><table><thead><tr><th></th><th>before</th><th>the model</th>
      <th>the code</th></tr></thead><tbody>${departure.values.map((side) => {
        const differs = side.code !== null && side.code !== side.model;
        return html`<tr key=${side.place} class=${classes(differs && "differs")}><th>${side.place}</th>
          <td>${shown(side.before)}</td><td>${shown(side.model)}</td><td><${Code} side=${side} /></td></tr>`;
      })}</tbody></table></div>`}
  </section>`;
}
