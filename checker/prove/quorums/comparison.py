"""Comparison of quorum systems among the same number of members: availability, intersection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quorate._spelling import instead, nearest
from quorate.checker.errors import InputError
from quorate.checker.loading import load_module
from quorate.model.language import ModelError, Protocol, QuorumSystem, SizeError
from quorate.model.language.declare.protocol import mentioned_sorts
from quorate.model.language.declare.quorums import is_kind
from quorate.model.language.frontend.declarations import system_mistakes

from .availability import Availability, availability
from .given import System
from .meeting import pairs_of, prove_pair
from .quorum_proof import QuorumProof
from .structured import first_size

LIBRARY, LIBRARY_SIZE = "quorate.model.quorums", 9


@dataclass(frozen=True)
class Figures:
    """The figures of one system; if `availability` is None, `reason` says why."""

    system: System
    availability: Availability | None
    reason: str = ""

    @property
    def kind(self) -> str:
        """The name of the system's kind in the language."""
        kind = next(b for b in self.system.__mro__ if is_kind(b))
        return kind.__name__.partition("[")[0]


@dataclass(frozen=True)
class QuorumComparison:
    """Systems among `size` members, and proofs of which of them meet."""

    title: str
    size: int
    figures: tuple[Figures, ...]
    proofs: tuple[QuorumProof, ...]


@dataclass(frozen=True)
class Chosen:
    """The systems to compare. If `together`, one size must suit them all."""

    title: str
    systems: tuple[System, ...]
    together: bool


def compare(chosen: Chosen, size: int | None, effort: float) -> QuorumComparison:
    """Compare systems among `size` members; by default, the first number from 3 up that suits them.

    `effort` bounds each question to Z3. Raises ModelError, SizeError.
    """
    systems = [*chosen.systems]
    if mistakes := [m for s in systems for m in system_mistakes(s)]:
        raise ModelError(mistakes)
    n = first_size(systems) if size is None else size
    reasons = {s: reason for s in systems if (reason := _reason(s, n)) is not None}
    if reasons and (chosen.together or len(reasons) == len(systems)):
        raise SizeError(next(iter(reasons.values())))
    figures = [Figures(s, None, reasons[s]) if s in reasons else _figures(s, n) for s in systems]
    proofs = [
        proof
        for pair in pairs_of(systems)
        if not reasons.keys() & {*pair}
        for proof in prove_pair(*pair, n, effort=effort)
    ]
    return QuorumComparison(chosen.title, n, tuple(figures), tuple(proofs))


def _figures(system: System, n: int) -> Figures:
    found = availability(system, n)
    if found is None:
        return Figures(system, None, f"{system.__name__}: too many sets of {n} to count exactly")
    return Figures(system, found)


def _reason(system: System, n: int) -> str | None:
    """Why this number of members does not suit a system."""
    try:
        system.votes(n)
    except SizeError as error:
        return str(error)
    return None


# ---------------------------------------------------------------- which systems


def chosen_by_name(name: str) -> Chosen:
    """The systems of a protocol, one system with those it must meet, or all of a module.

    Raises InputError.
    """
    module, wanted, place = load_module(name)
    classes = {n: v for n, v in vars(module).items() if isinstance(v, type)}
    systems: dict[str, Any] = {
        n: v for n, v in classes.items() if issubclass(v, QuorumSystem) and not is_kind(v)
    }
    if not wanted:
        own = [s for s in systems.values() if s.__module__ == module.__name__]
        if not own:
            raise InputError(f"{place}: has no quorum systems")
        title = "the bundled library" if name == LIBRARY else place
        return Chosen(title, tuple(own), together=False)
    if wanted in systems:
        return chosen_by_class(systems[wanted], place)
    if wanted in classes and issubclass(classes[wanted], Protocol):
        return chosen_by_class(classes[wanted], place)
    near = nearest(wanted, [*systems, *classes])
    hint = instead(wanted, systems) if near is None else f"did you mean {near}?"
    raise InputError(f"{place}: no protocol or quorum system {wanted}; {hint}")


def chosen_by_class(target: type[Protocol] | System, place: str) -> Chosen:
    """The systems of a protocol, or one system with those it must meet; `place` names the module.

    Raises InputError.
    """
    name = target.__name__
    if issubclass(target, QuorumSystem):
        met = [s for s in target.meets if s is not target]
        return Chosen(name, (target, *met), together=True)
    systems = [s for s in mentioned_sorts(target) if issubclass(s, QuorumSystem)]
    if not systems:
        raise InputError(f"{place}: {name} has no quorum systems")
    return Chosen(name, tuple(systems), together=True)
