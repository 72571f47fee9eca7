// The part of the address after #: which protocol and sizes, the numbers of the steps, and where
// on that path one stands. `#KEY/0.3.5.12@2`; without @ at its end.

export function formatLink(key, way, cursor) {
  const at = cursor === way.length - 1 ? "" : `@${cursor}`;
  return `#${key}/${way.join(".")}${at}`;
}

export function parseLink(hash) {
  if (hash.length < 2) return null;
  const found = /^#([^/]*)\/(\d+(?:\.\d+)*)(?:@(\d+))?$/.exec(decodeURIComponent(hash));
  if (!found) return { broken: true };
  const way = found[2].split(".").map(Number);
  const last = way.length - 1;
  const cursor = found[3] === undefined ? last : Math.min(Number(found[3]), last);
  return { key: found[1], way, cursor };
}
