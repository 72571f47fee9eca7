// The variables of a state: maps with the same keys share a table; what changed is marked.
import { classes, count, html, useState } from "./dom.js";

function Value({ value, old }) {
  return html`<code class="value">${value}</code>${old !== null && html`<del class="old" title="before this step">${old}</del>`}`;
}

// Maps by their keys: [{keys, maps}], in order of appearance.
function byKeys(variables) {
  const tables = new Map();
  for (const v of variables) {
    if (!v.cells || v.cells[0]?.key.length !== 1) continue;
    const id = v.cells.map((c) => c.key[0]).join("\u0000");
    if (!tables.has(id)) tables.set(id, { keys: v.cells.map((c) => c.key[0]), maps: [] });
    tables.get(id).maps.push(v);
  }
  return [...tables.values()];
}

// One row for each key, or for each map where there are more maps than keys: what is narrower.
function Table({ keys, maps, changedOnly }) {
  const names = maps.map((v) => v.name);
  const [across, down] = maps.length > keys.length ? [keys, names] : [names, keys];
  const cell = (row, column) => (down === keys ? maps[column].cells[row] : maps[row].cells[column]);
  const rows = down.map((head, row) => [head, across.map((_, column) => cell(row, column))])
    .filter(([, cells]) => !changedOnly || cells.some((c) => c.old !== null));
  if (rows.length === 0) return null;
  return html`<div class="scroll"><table><thead><tr><th></th>${across.map((name) => html`<th key=${name}>${name}</th>`)}</tr></thead>
    <tbody>${rows.map(([key, cells]) => html`<tr key=${key}><th>${key}</th>${cells.map((c, k) => html`
      <td key=${k} class=${classes(c.old !== null && "changed")}><${Value} ...${c} /></td>`)}</tr>`)}</tbody></table></div>`;
}

// A map over two sorts as a matrix; over more, or with much that is empty, as a list.
function Wide({ v, changedOnly }) {
  const cells = v.cells.filter((c) => (changedOnly ? c.old !== null : !c.empty || c.old !== null));
  const hidden = changedOnly ? 0 : v.cells.length - cells.length;
  const [rows, columns] = [0, 1].map((k) => [...new Set(v.cells.map((c) => c.key[k]))]);
  const matrix = v.cells[0]?.key.length === 2 && hidden === 0 && !changedOnly && columns.length <= 6;
  if (changedOnly && cells.length === 0) return null;
  const at = (row, column) => v.cells.find((c) => c.key[0] === row && c.key[1] === column);
  return html`<section class="variable"><h3>${v.name}</h3>
    ${matrix ? html`<div class="scroll"><table><thead><tr><th></th>${columns.map((c) => html`<th key=${c}>${c}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row}><th>${row}</th>${columns.map((column) => {
        const c = at(row, column);
        return html`<td key=${column} class=${classes(c && c.old !== null && "changed")}>${c && html`<${Value} ...${c} />`}</td>`;
      })}</tr>`)}</tbody></table></div>`
    : html`<dl class="cells">${cells.map((c) => html`<dt key=${c.key.join()}>${c.key.join(", ")}</dt>
      <dd class=${classes(c.old !== null && "changed")}><${Value} ...${c} /></dd>`)}</dl>`}
    ${hidden > 0 && html`<p class="muted small">${hidden} empty</p>`}</section>`;
}

function Items({ v, changedOnly }) {
  const items = changedOnly ? v.items.filter((i) => i.mark) : v.items;
  if (changedOnly && items.length === 0) return null;
  const there = v.items.filter((i) => i.mark !== "gone").length;
  return html`<section class="variable"><h3>${v.name} <span class="muted">${there}</span></h3>
    ${items.length === 0 ? html`<p class="muted small">empty</p>` : html`<ul class="items">${items.map((i) => html`
      <li key=${i.text} class=${i.mark}><code>${i.text}</code></li>`)}</ul>`}</section>`;
}

function Plain({ variables, changedOnly }) {
  const shown = variables.filter((v) => !changedOnly || v.old !== null);
  if (shown.length === 0) return null;
  return html`<dl class="cells plain-cells">${shown.map((v) => html`<dt key=${v.name}>${v.name}</dt>
    <dd class=${classes(v.old !== null && "changed")}><${Value} ...${v} /></dd>`)}</dl>`;
}

const isChanged = (v) => (v.cells ?? []).some((c) => c.old !== null)
  || (v.items ?? []).some((i) => i.mark) || (v.old ?? null) !== null;

export function State({ walk }) {
  const [changedOnly, setChangedOnly] = useState(false);
  const { here, cursor } = walk;
  if (!here) return null;
  const variables = here.state;
  const changes = variables.filter(isChanged).length;
  const rest = variables.filter((v) => !v.cells || v.cells[0]?.key.length !== 1);
  return html`<div class="pane-head"><h2>State</h2>
      <label class="check"><input type="checkbox" id="changed-only" checked=${changedOnly}
        onChange=${(e) => setChangedOnly(e.target.checked)} /> only what changed</label></div>
    <p class="muted small">${cursor === 0 ? "The initial state." : changes === 0 ? "The last step changed nothing."
      : `The last step changed ${count(changes, "variable")}.`}</p>
    ${byKeys(variables).map((table) => html`<${Table} key=${table.maps[0].name} ...${table} changedOnly=${changedOnly} />`)}
    <${Plain} variables=${rest.filter((v) => !v.cells && !v.items)} changedOnly=${changedOnly} />
    ${rest.filter((v) => v.cells).map((v) => html`<${Wide} key=${v.name} v=${v} changedOnly=${changedOnly} />`)}
    ${rest.filter((v) => v.items).map((v) => html`<${Items} key=${v.name} v=${v} changedOnly=${changedOnly} />`)}`;
}
