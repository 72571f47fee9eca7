// Where one stands: a path, the place on it, and what the server says of both.
import { useCallback, useEffect, useRef, useState } from "./dom.js";
import { ask } from "./api.js";
import { formatLink, parseLink } from "./link.js";

const START = { way: [0], cursor: 0 };

// Whether a path leads through the same states as another one, as far as it goes.
const leads = (way, other) => way.length <= other.length && way.every((n, k) => n === other[k]);

function fromAddress(about, say) {
  const link = parseLink(location.hash);
  if (link === null) return null;
  if (link.broken) {
    say("The part of the address after # is not a path. This is the initial state.");
    return START;
  }
  if (link.key !== about.digest) {
    say(`This link was made for another version of ${about.name}, or for other sizes: its steps `
      + "would not mean the same here. This is the initial state.");
    return START;
  }
  return link;
}

export function useWalk(about, say) {
  const [place, setPlace] = useState(
    () => fromAddress(about, say)
      ?? (about.opened ? { way: about.opened.way, cursor: 0 } : START));
  const [opened, setOpened] = useState(about.opened);
  const [here, setHere] = useState(null);
  const [run, setRun] = useState(null);
  const [busy, setBusy] = useState(false);
  const latest = useRef(0);
  const last = useRef(START);  // the last place that the server knew
  const { way, cursor } = place;
  const now = way.slice(0, cursor + 1);

  useEffect(() => {
    const mine = ++latest.current;
    const slow = setTimeout(() => setBusy(true), 250);
    const fresh = () => mine === latest.current;
    ask("at", { way: now })
      .then((answer) => { if (fresh()) { setHere({ ...answer, way: now }); last.current = { way: now, cursor }; } })
      .then(() => (run?.way.join() === way.join() ? null : ask("run", { way })))
      .then((answer) => { if (fresh() && answer) setRun({ ...answer, way }); })
      .catch((error) => {
        if (!fresh()) return;
        say(error.message);
        if (last.current.way.join() !== way.join()) setPlace(last.current);
      })
      .finally(() => { clearTimeout(slow); if (fresh()) setBusy(false); });
    const hash = formatLink(about.digest, way, cursor);
    if (location.hash === "") history.replaceState(null, "", hash);
    else if (location.hash !== hash) history.pushState(null, "", hash);
  }, [way.join("."), cursor]);

  useEffect(() => {
    const changed = () => setPlace(fromAddress(about, say) ?? START);
    addEventListener("popstate", changed);
    return () => removeEventListener("popstate", changed);
  }, []);

  const jump = useCallback((to) => setPlace((p) => (
    { ...p, cursor: Math.max(0, Math.min(to, p.way.length - 1)) })), []);
  const move = useCallback((by) => setPlace((p) => (
    { ...p, cursor: Math.max(0, Math.min(p.cursor + by, p.way.length - 1)) })), []);
  // Numbers are those of the state that is shown: until another one is there, none is taken.
  const take = useCallback((number) => setPlace((p) => {
    if (!here || here.way.join() !== p.way.slice(0, p.cursor + 1).join()) return p;
    if (p.way[p.cursor + 1] === number) return { ...p, cursor: p.cursor + 1 };
    const taken = [...p.way.slice(0, p.cursor + 1), number];
    return { way: taken, cursor: taken.length - 1 };
  }), [here]);
  const start = useCallback((initial) => setPlace({ way: [initial], cursor: 0 }), []);
  const go = useCallback((to) => setPlace({ way: to, cursor: to.length - 1 }), []);
  const open = useCallback((trace) => {
    setOpened(trace);
    setPlace({ way: trace.way, cursor: 0 });
  }, []);

  const settled = here?.way.join() === now.join() && run?.way.join() === way.join();
  return {
    settled,
    way, cursor, now, here, run, busy, jump, move, take, start, go, open,
    // The opened trace, while the path is still that of the trace.
    opened: opened && leads(way, opened.way) && leads(opened.way, way) ? opened : null,
  };
}
