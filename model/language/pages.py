"""The page of each kind of mistake in a model: what it means, and what to write instead."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("pages.toml")


@dataclass(frozen=True)
class Page:
    """What a code `means`, and what to write `instead`."""

    code: str
    means: str
    instead: str

    def text(self) -> str:
        """The page for people."""
        return f"error[{self.code}]\n\n{self.means}\n\nWhat to write:\n\n{self.instead}\n"


@cache
def pages() -> dict[str, Page]:
    """The pages of all codes."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {code: Page(code, **parts) for code, parts in found.items()}
