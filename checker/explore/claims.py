"""What a search claims: the invariants that it checks, the same for every way of checking."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from quorate._spelling import instead
from quorate.checker.errors import InputError
from quorate.checker.lazily import lazily
from quorate.checker.results import DEADLOCK, NO_STATE, Exploration
from quorate.model.language.declare.networks import Fifo
from quorate.model.language.declare.protocol import TEMPORAL, Protocol
from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.sorts import Sizes

if TYPE_CHECKING:
    from quorate.checker.ground import first_states
else:
    first_states = lazily("quorate.checker.ground.first_states")


class UnknownPropertyError(InputError):
    """An invariant, or a property of runs, that the protocol does not have."""


def claimed(protocol: type[Protocol], only: Collection[str] | None) -> list[str]:
    """The invariants to check, in their order in the class: those in `only`, or all.

    Raises UnknownPropertyError.
    """
    return _named(protocol, "invariant", list(protocol.methods("invariant")), only)


def claimed_of_runs(protocol: type[Protocol], only: Collection[str] | None) -> list[str]:
    """The properties of runs to check: those in `only`, or all. Raises UnknownPropertyError."""
    known = [name for kind in TEMPORAL for name in protocol.methods(kind)]
    return _named(protocol, "temporal property", known, only)


def claimed_of_rest(protocol: type[Protocol]) -> list[str]:
    """That no run ends where it may not, if the protocol says where one may, by `@final`."""
    return [DEADLOCK] if protocol.methods("final") else []


def properties_of(protocol: type[Protocol]) -> list[str]:
    """All that can be violated: invariants, properties of runs, and freedom from deadlock."""
    return [*claimed(protocol, None), *claimed_of_runs(protocol, None), DEADLOCK]


def claimed_alone(
    protocol: type[Protocol], name: str, depth: int | None
) -> tuple[list[str], list[str], bool]:
    """One property alone: invariants, properties of runs, and whether it is freedom from deadlock.

    `depth` is that of the violation expected. Raises UnknownPropertyError; InputError if a property
    of runs has one.
    """
    _named(protocol, "property", properties_of(protocol), [name])
    of_runs = name in claimed_of_runs(protocol, None)
    if of_runs and depth is not None:
        raise InputError(f"{name} is a property of runs, which have no depth")
    of_states = not of_runs and name != DEADLOCK
    return [name] * of_states, [name] * of_runs, name == DEADLOCK


def _named(
    protocol: type[Protocol], noun: str, known: list[str], only: Collection[str] | None
) -> list[str]:
    if only is None:
        return known
    if unknown := sorted(set(only) - set(known)):
        said = f"{protocol.__name__} has no {noun} `{unknown[0]}`"
        raise UnknownPropertyError(f"{said}; {instead(unknown[0], sorted(known))}")
    return [name for name in known if name in only]


def nothing_claimed(protocol: type[Protocol]) -> list[str]:
    """A warning if there is no invariant; empty if there is one."""
    if protocol.methods("invariant"):
        return []
    return [f"nothing is claimed: {protocol.__name__} has no invariant"]


def warnings_of(protocol: type[Protocol], found: Exploration, deadlock: bool = False) -> list[str]:
    """Why a pass may mean less than it seems. Fault actions without a budget give no warning.

    With `deadlock`, that there is none was claimed.
    """
    spent = {n: f._quorate.fault for n, f in protocol.methods("action").items()}
    reachables = list(protocol.methods("reachable"))
    something = deadlock or claimed_of_runs(protocol, None)
    nothing = [] if something else nothing_claimed(protocol)
    return [*nothing, *found.warnings(reachables, spent), *_full_links(protocol, found)]


def _full_links(protocol: type[Protocol], found: Exploration) -> list[str]:
    """That the length of fifo links was met: a bound, beyond which nothing was looked at."""
    networks = [t.network for v in protocol.variables().values() if (t := fifo_of(v.type))]
    depths = {n.depth.__name__ for n in networks if isinstance(n, Fifo)}
    if not (found.complete and found.states and depths):
        return []
    larger = f"a larger {' or '.join(sorted(depths))}"
    if not found.guards:
        return [f"whether links were full was not counted: {larger} may show more"]
    return [
        f"links were full: {g} stopped {g.blocked:,} steps; {larger} may show more"
        for g in found.guards
        if g.links and g.blocked
    ]


def without_start(protocol: type[Protocol], sizes: Sizes) -> list[str]:
    """A warning if there is no initial state."""
    with sizes:
        return [] if first_states.initial_states(protocol, sizes) else [NO_STATE]
