"""State machines as data: a table from (message, situation) to the name of a rule.

Rules:
- Everything that decides which rule a role applies stands in its table. Code only
  looks the rule up, so the table can be printed, tested and read in review.
- A table is total: each message a role receives has a row for each situation.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias

from quorate.impl.errors import ProtocolRefusal

Table: TypeAlias = Mapping[tuple[type, Enum], str]


def misdirected(role: str, message: object) -> ProtocolRefusal:
    """The error for a message that a role never receives."""
    return ProtocolRefusal(f"{role} does not receive {type(message).__name__}.")


def as_markdown(tables: Mapping[str, Table]) -> str:
    """The tables of the roles as one; the README's copy is tested against it."""
    rows = [
        f"| {role} | `{kind.__name__}` | {situation.value} | `{rule}` |"
        for role, table in tables.items()
        for (kind, situation), rule in table.items()
    ]
    return "\n".join(["| role | message | situation | rule |", "|---|---|---|---|", *rows])
