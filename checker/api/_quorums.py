"""`quorate.compare_quorums`: which quorum systems meet, and how available each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError
from quorate.checker.prove.quorums import QuorumComparison, chosen_by_class, chosen_by_name, compare
from quorate.checker.prove.quorums.comparison import LIBRARY, LIBRARY_SIZE, Chosen
from quorate.checker.prove.unbounded.meeting import not_always
from quorate.checker.rendering import quorums
from quorate.checker.rendering.output import Output
from quorate.model.language import Protocol, QuorumSystem
from quorate.model.language.declare.quorums import is_kind
from quorate.traces import Trace

from .results import Result

Target = type[Protocol] | type[QuorumSystem[Any]] | str

DOWN = (Fraction(1, 10), Fraction(1, 100))


@dataclass(frozen=True, repr=False)
class QuorumsResult(Result):
    """A comparison of quorum systems. `down` are the probabilities that a member is down."""

    comparison: QuorumComparison
    down: tuple[Fraction, ...]

    @property
    def holds(self) -> bool:
        """Whether every two systems that must meet are proved to, for every number of members."""
        return bool(self.comparison.proofs) and self.violation is None and not self.open

    @property
    def open(self) -> tuple[str, ...]:
        """What is not proved for every number of members."""
        return not_always(self.comparison.proofs)

    @property
    def violation(self) -> str | None:
        """The first two systems that must meet and do not, at this number of members."""
        return next((str(p) for p in self.comparison.proofs if p.refuted), None)

    @property
    def trace(self) -> Trace | None:
        """None: whether quorums meet does not depend on a run."""
        return None

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return quorums.as_json(self.comparison, self.down)

    def show(self, out: Output) -> None:
        quorums.report(out, self.comparison, self.down)


def compare_quorums(
    target: Target | None = None,
    *,
    size: int | None = None,
    down: Sequence[Fraction] = DOWN,
    effort: float = 10.0,
) -> QuorumsResult:
    """Prove that quorums meet where they must, and compute how available they are.

    `target` is a protocol, a quorum system, or the name of a protocol, a system or a module; by
    default the bundled library. `size` is the number of members: by default 9 for the library,
    otherwise the smallest number, from 3 up, that the systems allow. `down` are probabilities, from
    0 to 1, that a member is down. `effort` limits Z3 on each question: 1 is about a second on an
    idle machine. Raises ModelError, SizeError, InputError.
    """
    if wrong := [p for p in down if not 0 <= p <= 1]:
        raise InputError(f"{wrong[0]} is not a probability, expected a number from 0 to 1")
    if target is None:
        size = LIBRARY_SIZE if size is None else size
    return QuorumsResult(compare(_chosen(target), size, effort), tuple(down))


def _chosen(target: Target | None) -> Chosen:
    if target is None:
        return chosen_by_name(LIBRARY)
    if isinstance(target, str):
        return chosen_by_name(target)
    if is_kind(target):
        raise InputError(f"{target.__name__} is a kind of quorum systems: declare one of that kind")
    return chosen_by_class(target, target.__module__)
