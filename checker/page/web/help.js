// The keys, in a dialog.
import { html, useEffect, useRef } from "./dom.js";
import { KEYS } from "./keys.js";

export function Help({ onClose }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog ref=${dialog} class="help" aria-label="Keys" onClose=${onClose}
      onClick=${(event) => event.target === dialog.current && dialog.current.close()}>
    <div class="help-body">
      <h2>Keys</h2>
      <dl>${KEYS.map(([keys, what]) => html`<dt key=${keys}>${
        keys.split(/([,/…])/).map((part) => /^[,…]$|^\/$/.test(part.trim()) && keys !== "/"
          ? html`<span class="muted">${part.trim()}</span>` : part.trim() && html`<kbd>${part.trim()}</kbd>`)
      }</dt><dd key=${what}>${what}</dd>`)}</dl>
      <p class="muted">The address holds the path: it can be kept, and opened again with the same
        protocol and sizes. The browser's own Back works, too.</p>
      <div class="buttons"><button onClick=${() => dialog.current.close()}>Close</button></div>
    </div>
  </dialog>`;
}
