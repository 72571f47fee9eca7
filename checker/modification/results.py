"""The comparison of two versions of a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quorate.checker.prove.unbounded import Proof
from quorate.checker.refine.explored import RefinementCheck, RefinementStatus
from quorate.checker.results import Exploration
from quorate.model.language import Protocol, Sizes

HOLDS, REACHED = "holds", "reached"
"""What is said of a property, and of a goal, if all is well."""


@dataclass(frozen=True)
class PartDifference:
    """A part of the protocol that only one version has, or both in different forms.

    `kind` is "sort", "message", "budget" (of a fault), "variable", "action", "invariant", and so
    on; `old` and `new` are its source, "" where there is none. `differs` says which of an action's
    parts do: "parameters", "guards", "effects"; or "what it calls", if its own source is the same.
    """

    kind: str
    name: str
    old: str
    new: str
    differs: tuple[str, ...] = ()

    @property
    def change(self) -> str:
        """The change, in a word."""
        return "changed" if self.old and self.new else "added" if self.new else "removed"


@dataclass(frozen=True)
class Version:
    """One of the two versions, searched at the same sizes.

    `verdicts` has, for each property, what is known of it, in words. `search` is that of the
    properties which are not violated, so that it is complete if nothing stopped it.
    """

    protocol: type[Protocol]
    sizes: Sizes
    search: Exploration
    verdicts: Mapping[str, str]
    proof: Proof | None = None


@dataclass(frozen=True)
class OneWay:
    """Whether every step of one version is one of the other; or why that was not asked."""

    check: RefinementCheck | None
    reason: str = ""

    @property
    def refines(self) -> bool:
        """Whether each step is one of the other version; False if there was none to compare."""
        check = self.check
        if check is None or check.nothing is not None:
            return False
        return check.status is RefinementStatus.REFINES


@dataclass(frozen=True)
class Modification:
    """Two versions of a protocol, their parts that differ, and the runs that tell them apart.

    `forth` asks whether the new version does only what the old one does, `back` the opposite.
    """

    old: Version
    new: Version
    parts: tuple[PartDifference, ...]
    forth: OneWay
    back: OneWay
    seconds: float

    @property
    def same_behaviour(self) -> bool:
        """Whether each version takes the steps of the other, at these sizes, and as many faults."""
        alike = self.old.sizes.faults == self.new.sizes.faults
        return alike and self.forth.refines and self.back.refines

    def changed_verdicts(self) -> dict[str, tuple[str | None, str | None]]:
        """The properties whose verdict is not the same; None for a version that lacks it."""
        names = dict.fromkeys([*self.old.verdicts, *self.new.verdicts])
        pairs = {n: (self.old.verdicts.get(n), self.new.verdicts.get(n)) for n in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def worse(self) -> list[str]:
        """The properties that hold in the old version and not in the new one, and goals lost."""
        return [
            name
            for name, (before, after) in self.changed_verdicts().items()
            if before in (HOLDS, REACHED) and after is not None
        ]

    def newly_unproved(self) -> list[str]:
        """The obligations that were proved and no longer are, in the order of the proof."""
        if self.old.proof is None or self.new.proof is None:
            return []
        before = {o.name for o in self.old.proof.obligations if o.proved}
        known = {o.name for o in self.old.proof.obligations}
        return [
            o.name
            for o in self.new.proof.obligations
            if not o.proved and (o.name in before or o.name not in known)
        ]
