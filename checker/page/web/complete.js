// What may be typed next in an expression: what is offered, and the words of the language.

const FUNCTIONS = ["len(", "max(", "min(", "sum(", "any(", "all("];
const MOST = 60;

export const vocabulary = (about) => [
  ...about.expressions,
  ...[...about.words, ...FUNCTIONS].map((name) => ({ name, kind: "word" })),
];

// Ways to go on from the text before the caret: {start, found}, where `found` replaces the text from
// `start` on. The longest part that something begins with counts; nothing typed: all that is offered.
export function completions(before, known) {
  if (before.trim() === "") return { start: 0, found: known.filter((e) => e.kind !== "word") };
  for (let start = 0; start < before.length; start += 1) {
    const part = before.slice(start).toLowerCase();
    if (/^\s/.test(part) || (start > 0 && /[\w.]/.test(before[start - 1]))) continue;
    const fits = ({ name, kind }) => {
      const text = name.toLowerCase();
      if (text === part) return false;
      return text.startsWith(part) || text.startsWith(`self.${part}`)
        || (start === 0 && kind !== "word" && text.includes(part));
    };
    const found = known.filter(fits).slice(0, MOST);
    if (found.length > 0) return { start, found };
  }
  return { start: before.length, found: [] };
}
