// What the page draws with: the only file that names the vendored library.
export {
  html, render, useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback,
} from "./vendor/htm-preact-standalone.js";

export const classes = (...names) => names.filter(Boolean).join(" ");

export const count = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
