"""What a message tells its reader to write is written here in its place, and then accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quorate.model.language import Diagnostic
from quorate.model.language.lower import describe

from .loading import load_protocol, mistakes_of

HERE = Path(__file__).parent / "diagnostics"

# Where the code of the help goes: in the place of what the caret marks, of that with the `not`
# before it, of the line, of the head of the class, or of the declaration of the same name.
FIXES = {
    "argument-count": "caret",
    "augmented-assignment": "caret",
    "bad-initial": "caret",
    "bad-map": "caret",
    "bad-target": "line",
    "bitwise-operator": "caret",
    "identity": "caret",
    "no-annotation": "caret",
    "no-return": "line",
    "none-not-allowed": "caret",
    "not-a-condition": "negation",
    "not-iterable": "caret",
    "not-sent-here": "declaration",
    "same-letter": "class",
    "uncalled": "caret",
    "unknown-constant": "caret",
    "unknown-define": "caret",
    "unknown-name": "caret",
    "unknown-super": "caret",
    "unknown-variable": "caret",
    "unused-value": "line",
    "whole-map": "caret",
}


def fixed(text: str, mistake: Diagnostic, place: str) -> str:
    lines = text.splitlines(keepends=True)
    code = re.findall(r"`(.*?)`", mistake.help)[0].removeprefix("= ")
    span = mistake.span
    i = span.line - 1
    line = lines[i]
    before, after = line[: span.col], line[span.end_col :]
    match place:
        case "caret":
            assert span.end_line == span.line
            lines[i] = before + code + after
        case "negation":
            lines[i] = before.removesuffix("not ") + code + after
        case "line":
            lines[i] = line[: len(line) - len(line.lstrip())] + code + "\n"
        case "class":
            lines[i] = code + line[line.index("):") + 1 :]
        case "declaration":
            name = code.partition(":")[0]
            j = next(k for k, other in enumerate(lines) if other.strip().startswith(f"{name}: "))
            lines[j] = f"    {code}\n"
    return "".join(lines)


@pytest.mark.parametrize("case", sorted(FIXES))
def test_help_is_the_repair(case: str, tmp_path: Path) -> None:
    path = tmp_path / f"{case.replace('-', '_')}.py"
    source = HERE / f"{case}.py"
    text = source.read_text()
    for mistake in reversed(mistakes_of(load_protocol(source)).diagnostics):
        text = fixed(text, mistake, FIXES[case])
    path.write_text(text)
    assert describe(load_protocol(path)).actions
