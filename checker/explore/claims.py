"""What a search claims: the invariants that it checks, the same by every way of checking."""

from __future__ import annotations

from collections.abc import Collection

from quorate.checker.errors import InputError
from quorate.model.language.declare.protocol import Protocol


class UnknownPropertyError(InputError):
    """An invariant that the protocol does not have."""


def claimed(protocol: type[Protocol], only: Collection[str] | None) -> list[str]:
    """The invariants to check, in their order in the class: those in `only`, or without it all.

    Raises UnknownPropertyError.
    """
    known = list(protocol.methods("invariant"))
    if only is None:
        return known
    if unknown := sorted(set(only) - set(known)):
        raise UnknownPropertyError(
            f"{protocol.__name__} has no invariant `{unknown[0]}`; "
            f"it has {', '.join(sorted(known)) or 'none'}"
        )
    return [name for name in known if name in only]


def nothing_claimed(protocol: type[Protocol]) -> list[str]:
    """That there is no invariant to hold, as a warning; empty if there is one."""
    if protocol.methods("invariant"):
        return []
    return [f"nothing is claimed: {protocol.__name__} has no invariant"]
