"""Explaining a finding, without ever putting the finding at risk.

The finding is the run: a path that an engine found and CPython took. Causes, a witness, a diagram
and a file come on top. If computing one of these fails, that part is left out and a note says so.
The run, the other parts and the exit code stay the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

LONGEST = 200  # characters of an error in a note


@dataclass
class Explaining:
    """Computes the parts of an explanation; `notes` says why a part is missing."""

    notes: list[str] = field(default_factory=list)

    def part(self, name: str, compute: Callable[[], T], otherwise: T) -> T:
        """The result of `compute`; if it raises anything, `otherwise` and a note."""
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
