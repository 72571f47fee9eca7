// The keyboard. What is listed here is what the page's help shows.
import { useLayoutEffect } from "./dom.js";
import { openTrace, saveTrace } from "./files.js";
import { visible } from "./steps.js";

export const KEYS = [
  ["j, ↓ / k, ↑", "select the next, the previous step"],
  ["Enter", "take the selected step"],
  ["1 … 9", "take that step"],
  ["u, ← / r, →", "go back, go forward on the path"],
  ["Home / End", "to the start, to the end of the path"],
  ["p / g / c", "show the run, the state graph, coverage"],
  ["/", "filter the steps"],
  ["o / s", "open, save a trace"],
  ["?", "this list"],
  ["Esc", "close it; leave the filter"],
];

const TYPING = ["INPUT", "TEXTAREA", "SELECT"];

export function useKeys(page) {
  // Before the next key: it must not meet the page as it was.
  useLayoutEffect(() => {
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (TYPING.includes(event.target.tagName)) {
        if (event.key === "Escape") event.target.blur();
        return;
      }
      if (page.help) {
        if (event.key === "Escape" || event.key === "?") page.setHelp(false);
        return;
      }
      // A button that has the focus is pressed, not the selected step.
      if (event.key === "Enter" && event.target.tagName === "BUTTON") return;
      const act = action(event.key, page);
      if (act) {
        event.preventDefault();
        act();
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

function action(key, { walk, selected, setSelected, setHelp, setTab, say }) {
  const steps = visible(walk.here);
  const select = (to) => () => setSelected(Math.max(0, Math.min(to, steps.length - 1)));
  const take = (k) => steps[k] && !steps[k].undefined ? () => walk.take(steps[k].number) : null;
  if (/^[1-9]$/.test(key)) return take(Number(key) - 1);
  switch (key) {
    case "j": case "ArrowDown": return select(selected + 1);
    case "k": case "ArrowUp": return select(selected - 1);
    case "Enter": return take(selected);
    case "u": case "ArrowLeft": return () => walk.move(-1);
    case "r": case "ArrowRight": return () => walk.move(1);
    case "Home": return () => walk.jump(0);
    case "End": return () => walk.jump(walk.way.length - 1);
    case "p": return () => setTab("run");
    case "g": return () => setTab("graph");
    case "c": return () => setTab("coverage");
    case "/": return () => document.getElementById("filter")?.focus();
    case "o": return () => openTrace(walk, say);
    case "s": return () => saveTrace(walk, say);
    case "?": return () => setHelp(true);
    default: return null;
  }
}
