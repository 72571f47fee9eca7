// The expressions that states are grouped by: chosen from a list, or typed in the modelling language.
import { classes, html, useEffect, useMemo, useRef, useState } from "./dom.js";
import { ask } from "./api.js";
import { completions, vocabulary } from "./complete.js";

const KINDS = { variable: "variable", cell: "cell", messages: "messages", property: "property", word: "" };

function Options({ found, active, onPick, onOver }) {
  const list = useRef(null);
  useEffect(() => list.current.querySelector(".active")?.scrollIntoView({ block: "nearest" }), [active]);
  // The mouse must not take the focus from the field.
  return html`<ul id="completions" class="completions" role="listbox" ref=${list} onMouseDown=${(e) => e.preventDefault()}>
    ${found.map((e, k) => html`<li key=${e.name} id=${`completion-${k}`} role="option" aria-selected=${k === active}
      class=${classes(k === active && "active")} onMouseMove=${() => onOver(k)} onClick=${() => onPick(e)}>
      <code>${e.name}</code><span class="muted small">${KINDS[e.kind]}</span></li>`)}</ul>`;
}

function Field({ about, names, onAdd }) {
  const field = useRef(null);
  const [text, setText] = useState("");
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [mistake, setMistake] = useState("");
  const known = useMemo(() => vocabulary(about).filter((e) => !names.includes(e.name)), [about, names]);
  const { start, found } = completions(text.slice(0, caret), known);
  const listed = open && found.length > 0;

  const edit = (to, at) => { setText(to); setCaret(at); setActive(-1); setMistake(""); };
  const add = (typed) => ask("expression", { text: typed }).then(({ name }) => {
    onAdd(name);
    edit("", 0);
    setOpen(false);
  }, (error) => { setOpen(false); setMistake(error.message); });
  const pick = ({ name, kind }) => {
    if (start === 0 && kind !== "word" && text.slice(caret).trim() === "") {
      add(name);
      return;
    }
    const to = text.slice(0, start) + name + text.slice(caret);
    edit(to, start + name.length);
    field.current.value = to;
    field.current.setSelectionRange(start + name.length, start + name.length);
    field.current.focus();
  };
  const pressed = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      setOpen(true);
      setActive(Math.max(-1, Math.min(active + by, found.length - 1)));
    } else if (event.key === "Enter" || (event.key === "Tab" && listed && active >= 0)) {
      if (listed && active >= 0) pick(found[active]);
      else if (text.trim()) add(text);
    } else if (event.key === "Escape" && listed) {
      setOpen(false);
      event.stopPropagation();
    } else {
      return;
    }
    event.preventDefault();
  };
  return html`<div class="expression">
    <input id="expression" ref=${field} type="text" autocomplete="off" spellcheck="false" role="combobox"
      aria-label="Group by one more expression" aria-autocomplete="list" aria-controls="completions" aria-expanded=${listed}
      aria-activedescendant=${listed && active >= 0 ? `completion-${active}` : null} aria-invalid=${mistake !== ""}
      placeholder=${names.length ? "and by …" : "group by … e.g. len(self.x)"} value=${text} onKeyDown=${pressed}
      onInput=${(e) => { edit(e.target.value, e.target.selectionStart); setOpen(true); }}
      onClick=${(e) => { setCaret(e.target.selectionStart); setOpen(true); }} onBlur=${() => setOpen(false)} />
    ${listed && html`<${Options} found=${found} active=${active} onPick=${pick} onOver=${setActive} />`}
    ${mistake && html`<pre class="mistake" role="alert">${mistake}</pre>`}
  </div>`;
}

export function Names({ about, names, onChange }) {
  return html`<div class="chips">${names.map((name) => html`<button key=${name} class="chip" title="Take it away"
      aria-label=${`Take ${name} away`} onClick=${() => onChange(names.filter((n) => n !== name))}><code>${name}</code> ×</button>`)}
    <${Field} about=${about} names=${names} onAdd=${(name) => names.includes(name) || onChange([...names, name])} /></div>`;
}
