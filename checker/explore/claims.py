"""What a search claims: the invariants that it checks, the same for every way of checking."""

from __future__ import annotations

from collections.abc import Collection

from quorate.checker.errors import InputError
from quorate.checker.results import NO_STATE, Exploration
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.interpreter import Interpreter


class UnknownPropertyError(InputError):
    """An invariant that the protocol does not have."""


def claimed(protocol: type[Protocol], only: Collection[str] | None) -> list[str]:
    """The invariants to check, in their order in the class: those in `only`, or all.

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
    """A warning if there is no invariant; empty if there is one."""
    if protocol.methods("invariant"):
        return []
    return [f"nothing is claimed: {protocol.__name__} has no invariant"]


def warnings_of(protocol: type[Protocol], found: Exploration) -> list[str]:
    """Why a pass may mean less than it seems. Fault actions without a budget give no warning."""
    spent = {n: f._quorate.fault for n, f in protocol.methods("action").items()}
    reachables = list(protocol.methods("reachable"))
    return [*nothing_claimed(protocol), *found.warnings(reachables, spent)]


def without_start(protocol: type[Protocol], sizes: Sizes) -> list[str]:
    """A warning if there is no initial state."""
    with sizes:
        return [] if Interpreter(protocol, sizes).initial() else [NO_STATE]
