// The page: a header, what is possible, the run, the state; on narrow screens one at a time.
import { classes, html, render, useCallback, useEffect, useState } from "./dom.js";
import { ask } from "./api.js";
import { useWalk } from "./walk.js";
import { useKeys } from "./keys.js";
import { Header } from "./header.js";
import { Help } from "./help.js";
import { Steps } from "./steps.js";
import { State } from "./state.js";
import { Properties } from "./properties.js";
import { Run } from "./run.js";
import { Graph } from "./graph.js";
import { Coverage } from "./coverage.js";

const TABS = [["run", "Run"], ["graph", "State graph"], ["coverage", "Coverage"]];
const NARROW_TABS = [["steps", "Steps"], ["state", "State"], ...TABS];

function Tabs({ tabs, tab, onTab, narrow }) {
  return html`<div class=${classes("tabs", narrow ? "narrow-only" : "wide-only")} role="tablist">
    ${tabs.map(([id, name]) => html`<button key=${id} role="tab" id=${`tab-${id}${narrow ? "-narrow" : ""}`}
      aria-selected=${tab === id} onClick=${() => onTab(id)}>${name}</button>`)}
  </div>`;
}

function Notice({ text, onClose }) {
  if (!text) return null;
  return html`<div class="notice" role="alert"><span>${text}</span>
    <button class="plain" aria-label="Close this message" onClick=${onClose}>×</button></div>`;
}

function App({ about }) {
  const [notice, setNotice] = useState("");
  const [tab, setTab] = useState("run");
  const [narrowTab, setNarrowTab] = useState("steps");
  const [help, setHelp] = useState(false);
  const [selected, setSelected] = useState(0);
  const [moved, setMoved] = useState(null);
  const say = useCallback(setNotice, []);
  const walk = useWalk(about, say);

  useEffect(() => { setSelected(0); }, [walk.now.join(".")]);
  useKeys({ walk, selected, setSelected, help, setHelp, moved, setMoved, say,
    setTab: (id) => { setTab(id); setNarrowTab(id); } });

  const wide = (id) => id === tab || id === "steps" || id === "state";
  const pane = (id) => classes("pane", `pane-${id}`, wide(id) ? "" : "wide-hidden",
    narrowTab === id ? "" : "narrow-hidden");
  return html`
    <${Header} about=${about} walk=${walk} say=${say} onHelp=${() => setHelp(true)} />
    <${Notice} text=${notice} onClose=${() => setNotice("")} />
    <${Tabs} narrow tabs=${NARROW_TABS} tab=${narrowTab}
      onTab=${(id) => { setNarrowTab(id); if (!["steps", "state"].includes(id)) setTab(id); }} />
    <main class="columns" aria-busy=${walk.settled ? "false" : "true"}>
      <section class=${pane("steps")} aria-label="Possible steps">
        <${Steps} about=${about} walk=${walk} selected=${selected} onSelect=${setSelected} say=${say} />
      </section>
      <section class=${classes("middle", ["steps", "state"].includes(narrowTab) && "narrow-hidden")}>
        <${Tabs} tabs=${TABS} tab=${tab} onTab=${setTab} />
        <div class=${pane("run")} role="tabpanel" aria-label="Run"><${Run} about=${about} walk=${walk} /></div>
        <div class=${pane("graph")} role="tabpanel" aria-label="State graph">
          ${tab === "graph" && html`<${Graph} about=${about} walk=${walk} say=${say} />`}</div>
        <div class=${pane("coverage")} role="tabpanel" aria-label="Coverage">
          ${tab === "coverage" && html`<${Coverage} walk=${walk} say=${say} />`}</div>
      </section>
      <section class=${pane("state")} aria-label="State">
        <${Properties} about=${about} walk=${walk} />
        <${State} walk=${walk} />
      </section>
    </main>
    ${help && html`<${Help} onClose=${() => setHelp(false)} />`}`;
}

const page = document.getElementById("page");
ask("protocol").then(
  (about) => {
    document.title = `${about.name} · Quorate`;
    page.replaceChildren();
    render(html`<${App} about=${about} />`, page);
  },
  (error) => {
    const text = document.createElement("p");
    text.className = "empty";
    text.textContent = error.message;
    page.replaceChildren(text);
  },
);
