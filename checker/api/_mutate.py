"""`quorate.mutate`: small changes of a protocol, to see whether its properties notice."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate._spelling import instead
from quorate.checker.errors import POSIX, InputError
from quorate.checker.mutation import ALL_OPERATORS, MutantsTried, Mutation
from quorate.checker.mutation import mutate as try_all
from quorate.checker.rendering import mutation
from quorate.checker.rendering.mutation_report import report_of
from quorate.checker.rendering.output import Output
from quorate.model.language import Protocol
from quorate.traces import Trace

from ._check import loaded
from .results import Result

LIMIT = 2_000_000


@dataclass(frozen=True, repr=False)
class MutateResult(Result):
    """The mutants of a protocol and what became of them, in `mutation`."""

    mutation: Mutation

    @property
    def holds(self) -> bool:
        """Whether mutants were tried, and all that could be killed were."""
        return self.score == 1.0

    @property
    def score(self) -> float | None:
        """The part that was killed, from 0 to 1; None if nothing was tried."""
        return self.mutation.score

    @property
    def violation(self) -> str | None:
        """What the protocol itself violates."""
        return mutation.finding_line(self.mutation)

    @property
    def trace(self) -> Trace | None:
        return None

    def report(self) -> dict[str, Any]:
        """The report for viewers of mutation tests, in Stryker's schema."""
        return report_of(self.mutation)

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return mutation.as_json(self.mutation)

    def show(self, out: Output) -> None:
        mutation.show(out, self.mutation)


def mutate(
    protocol: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | None = None,
    faults: Mapping[str, int] | None = None,
    operators: Collection[str] | None = None,
    limit: int = LIMIT,
    processes: int | None = None,
    report: Callable[[MutantsTried], None] | None = None,
) -> MutateResult:
    """Change a protocol in many small ways, and check each mutant with the protocol's properties.

    A mutant is killed if an invariant, a property of runs or, if it has `@final`, deadlock freedom
    is violated, if a step or property is undefined, or if a goal is not reached any more. Of the
    others it is said whether they are proved to be equivalent, killed at a larger size, or change
    what does not matter at these sizes. `operators` are names in ALL_OPERATORS of
    `quorate.checker.mutation`, by default all. A search ends after `limit` states. The mutants are
    tried by `processes`, by default as many as there are cores, and in this one where the system is
    not POSIX. `report` is called with `MutantsTried`.

    Raises ModelError, SizeError, InputError.
    """
    described = loaded(protocol)
    for name in operators or ():
        if name not in ALL_OPERATORS:
            raise InputError(f"no operator `{name}`; {instead(name, ALL_OPERATORS, 'there are')}")
    given = described.sized(faults, **(sizes or {}))
    return MutateResult(
        try_all(
            described,
            dict(given),
            dict(given.faults),
            ALL_OPERATORS if operators is None else operators,
            limit,
            processes or (POSIX and os.cpu_count()) or 1,
            report or _silent,
        )
    )


def _silent(_: MutantsTried) -> None:
    """Report nothing."""
