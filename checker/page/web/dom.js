// What the page draws with: the only file that names the vendored library.
export {
  html, render, useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback,
} from "./vendor/htm-preact-standalone.js";

export const classes = (...names) => names.filter(Boolean).join(" ");

export const count = (n, word, words = `${word}s`) => `${n.toLocaleString("en")} ${n === 1 ? word : words}`;
