"""Text in ASCII: our own symbols in another form, all else escaped, columns kept aligned."""

from __future__ import annotations

import re

_SIGNS = {"✓": "ok", "✗": "FAIL", "→": "->", "≤": "<=", "≥": ">=", "≠": "!="}
_SIGNS["↻"] = "@"
_SIGNS |= dict(zip("│─╰╭├╯┴╮┤┬┼┊●◀▶╳»…—–·’×", "|-+++++++++:*<>x~~--.'x", strict=True))
_ASCII = {ord(sign): text for sign, text in _SIGNS.items()}
_CARET = re.compile(r" *\| +(\^+)")
_WIDE_OR_PADDING = re.compile(r"[^\x00-\x7f]+| {2,}")


def to_ascii(text: str) -> str:
    """`text` in ASCII; what becomes longer takes the room from the padding that follows it."""
    if text.isascii():
        return text
    lines = text.split("\n")
    return "\n".join(map(_below, ["", *lines], lines))


def _below(above: str, line: str) -> str:
    """A line; a caret below a line of source points at the same characters as before."""
    caret = None if above.isascii() else _CARET.match(line)
    if caret is None:
        return _line(line)
    start, end = (len(_line(above[:at])) for at in caret.span(1))
    gap, signs = " " * (start - caret.start(1)), "^" * (end - start)
    return line[: caret.start(1)] + gap + signs + _line(line[caret.end() :])


def _line(line: str) -> str:
    owed = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal owed
        found = match[0]
        if found[0] == " ":
            paid = min(owed, len(found) - 1)
            owed -= paid
            return found[paid:]
        shown = found.translate(_ASCII).encode("ascii", "backslashreplace").decode()
        owed += len(shown) - len(found)
        return shown

    if line.isascii():
        return line
    # Where a sentence leaves something out there is room for three points, in a cut label for one.
    return _WIDE_OR_PADDING.sub(replaced, line.replace(", …", ", ..."))
