"""What is computed to explain a finding, and never stands in its way.

The finding is the run: a path that an engine found and CPython took. Causes, a witness, a picture,
a file come on top. Whatever goes wrong in one of them, that part is left out and a note says so;
the run, the other parts and the exit code stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

LONGEST = 200  # characters of an error in a note


@dataclass
class Explaining:
    """Computes the parts of an explanation; `notes` says of each that failed why it is missing."""

    notes: list[str] = field(default_factory=list)

    def part(self, name: str, compute: Callable[[], T], otherwise: T) -> T:
        """What `compute` gives; `otherwise`, and a note, where it raises anything."""
        try:
            return compute()
        except Exception as error:
            self.notes.append(f"{name} left out: {_said(error)}")
            return otherwise


def _said(error: Exception) -> str:
    """An error on one line."""
    text = " ".join(str(error).split())
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    return f"{type(error).__name__}{f': {text}' if text else ''}"
