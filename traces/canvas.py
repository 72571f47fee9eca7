"""Lines and text on a grid of characters; lines that meet are joined, lines that cross are not."""

from __future__ import annotations

from collections.abc import Collection

NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8

_LINES = " │─╰││╭├─╯─┴╮┤┬┼"  # Indexed by the sum of the directions in which a cell is drawn.


class Canvas:
    """A grid that grows downwards; column 0 is the left edge."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._lines: list[list[int]] = []
        self._glyphs: list[list[str]] = []

    def __str__(self) -> str:
        return "".join(f"{self._row(y)}\n" for y in range(len(self._lines)))

    def add_row(self) -> int:
        """One more row at the bottom; its number."""
        self._lines.append([0] * self.width)
        self._glyphs.append([""] * self.width)
        return len(self._lines) - 1

    def text(self, x: int, y: int, text: str) -> None:
        """`text` from `x` on, over whatever is there, cut at the edge."""
        for column, glyph in enumerate(text[: max(0, self.width - x)], start=x):
            self._glyphs[y][column] = glyph

    def down(self, x: int, top: int, bottom: int) -> None:
        """A vertical line."""
        for y in range(top, bottom + 1):
            self._lines[y][x] |= (NORTH if y > top else 0) | (SOUTH if y < bottom else 0)

    def across(self, y: int, start: int, end: int, joins: Collection[int] = ()) -> None:
        """A horizontal line; it joins the verticals at `joins` and at its ends, and
        passes behind all others: a bridge, so that a crossing is never read as a joint.
        """
        left, right = sorted((start, end))
        for x in range(left, right + 1):
            vertical = self._lines[y][x] & (NORTH | SOUTH)
            if vertical and x not in joins and left < x < right:
                continue
            self._lines[y][x] |= (EAST if x < right else 0) | (WEST if x > left else 0)
            if left < x < right:
                self._glyphs[y][x] = ""

    def is_plain(self, x: int, y: int) -> bool:
        """Whether this cell holds a piece of a horizontal line and nothing else."""
        return self._lines[y][x] == EAST | WEST and not self._glyphs[y][x]

    def is_empty(self, x: int, y: int) -> bool:
        """Whether nothing was drawn here."""
        return not self._lines[y][x] and not self._glyphs[y][x]

    def _row(self, y: int) -> str:
        cells = zip(self._glyphs[y], self._lines[y], strict=True)
        return "".join(glyph or _LINES[line] for glyph, line in cells).rstrip()
