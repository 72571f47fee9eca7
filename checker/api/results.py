"""The results of Quorate's functions: a common base, and the result of `check`.

A result prints itself as the command does, at the prompt and in a notebook.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from quorate.checker.errors import InputError
from quorate.checker.lazily import lazily
from quorate.checker.liveness.results import Liveness
from quorate.checker.loading import name_of
from quorate.checker.rendering import exploration, liveness
from quorate.checker.rendering.output import Output, plain_text
from quorate.checker.reports.cases import (
    INCONCLUSIVE,
    VIOLATED,
    CaseStatus,
    ReportCase,
    Rule,
    Suite,
)
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import Protocol, Sizes

from .errors import ViolationError

if TYPE_CHECKING:
    from quorate.checker.explore.graph import StateGraph
    from quorate.checker.explore.search.breadth_first import Explorer
    from quorate.checker.rendering import document
    from quorate.checker.rendering.cases import searches as cases
    from quorate.checker.tracing import build
    from quorate.traces import Trace
else:
    document = lazily("quorate.checker.rendering.document")
    cases = lazily("quorate.checker.rendering.cases.searches")
    build = lazily("quorate.checker.tracing.build")


class Result(ABC):
    """What all results have in common."""

    rule: ClassVar[Rule] = VIOLATED
    """What a violation is, in reports."""

    @property
    @abstractmethod
    def holds(self) -> bool:
        """Whether everything claimed was shown. False also if it was neither shown nor refuted.

        False too if there was nothing to show: no invariant is claimed, or no state is reachable.
        """

    @property
    @abstractmethod
    def violation(self) -> str | None:
        """What is wrong, in one line; None if no violation was found."""

    @property
    @abstractmethod
    def trace(self) -> Trace | None:
        """The run to the violation, or None."""

    @abstractmethod
    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        """The result as plain data, described by `quorate.schema.json`.

        `written` is the file that the trace was written to.
        """

    @abstractmethod
    def show(self, out: Output) -> None:
        """Write the result for people."""

    @property
    def suites(self) -> tuple[Suite, ...]:
        """What was asked, case by case, for reports; here all as one case."""
        name = type(self).__name__.removesuffix("Result").lower()
        if self.violation is not None:
            case = ReportCase(name, self.rule, CaseStatus.FAILED, self.violation, None, self.trace)
        elif self.holds:
            case = ReportCase(name, self.rule, CaseStatus.PASSED)
        else:
            case = ReportCase(name, INCONCLUSIVE, CaseStatus.OPEN, "neither shown nor refuted")
        return (Suite(name, (case,)),)

    def raise_for_violation(self) -> None:
        """Raise ViolationError if a violation was found."""
        if self.violation is not None:
            raise ViolationError(self.violation, self)

    def __repr__(self) -> str:
        return plain_text(self.show)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>"


@dataclass(frozen=True, repr=False)
class CheckResult(Result):
    """The result of a search.

    `exploration` has its counts; `notes` say which parts of the explanation are missing.
    """

    protocol: type[Protocol]
    sizes: Sizes
    invariants: tuple[str, ...]
    exploration: Exploration
    run: Trace | None
    warnings: tuple[str, ...]
    liveness: Liveness | None = None
    explorer: Explorer | None = field(default=None, compare=False)

    @property
    def trace(self) -> Trace | None:
        return self.run

    @property
    def holds(self) -> bool:
        return self.outcome == Outcome.HOLDS.value

    @property
    def outcome(self) -> str:
        """How it ended, in a word: as the search did or, if that found nothing, a property of runs.

        It is "open" if one is neither shown nor refuted, "nothing claimed" if there was no claim.
        """
        found, runs = self.exploration, self.liveness
        if exploration.vacuous(found, self.invariants) and (runs is None or not found.states):
            return exploration.NOTHING
        return runs.verdict.value if runs is not None and found.complete else found.outcome.value

    @property
    def violation(self) -> str | None:
        if self.liveness is not None and self.liveness.wrong is not None:
            return liveness.finding_line(self.liveness.wrong)
        return exploration.finding_line(self.exploration)

    @property
    def suites(self) -> tuple[Suite, ...]:
        found = self.exploration
        asked = cases.of_search(self.protocol, self.invariants, found, self.run, self.liveness)
        return (Suite(self.protocol.__name__, asked, found.seconds),)

    @property
    def states(self) -> int:
        """The number of states found; with symmetry, of orbits."""
        return self.exploration.states

    def graph(self) -> StateGraph:
        """The graph of all states and steps.

        Raises InputError if the search does not keep all states in memory, or leaves some out, and
        SizeError if the graph would be too large.
        """
        from quorate.checker.explore.graph import StateGraph

        found = self.exploration
        if self.explorer is None or found.orbits or found.por or found.spilled:
            raise InputError(
                "a state graph is of all states, in memory: it takes BreadthFirst(), without "
                "symmetry and por, with enough memory"
            )
        return StateGraph(self.explorer)

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return exploration.as_json(
            self.protocol,
            self.sizes,
            self.invariants,
            self.exploration,
            self.warnings,
            self.run,
            written,
            self.outcome,
            self.liveness,
        )

    def overview_json(self) -> dict[str, Any]:
        """What a page says besides: whether all was explored, and which goals were met.

        If the states are in memory, also how many there are at each depth, and a shortest run to
        each goal.
        """
        from quorate.checker.explore.overview import shortest_to_goals, states_per_depth
        from quorate.model.language.description import describe

        goals = (p.name for p in describe(self.protocol).reachables)
        known = {
            "complete": self.exploration.complete,
            "goals": {name: name in self.exploration.reached for name in goals},
        }
        if self.explorer is None or not self.exploration.states or self.exploration.spilled:
            return known
        with self.sizes:
            found = shortest_to_goals(self.explorer)
        name = name_of(self.protocol)
        runs = {
            g: build.make_trace(self.protocol, name, self.sizes, *run) for g, run in found.items()
        }
        return {
            **known,
            "levels": states_per_depth(self.explorer),
            "samples": {goal: document.run_json(run) for goal, run in runs.items()},
        }

    def show(self, out: Output) -> None:
        out.title(f"{self.protocol.__name__}  {self.sizes}")
        self.report(out, coverage=False)

    def report(self, out: Output, coverage: bool, notes: Sequence[str] = ()) -> None:
        """The result without its title; with `coverage`, how often each guard failed."""
        warned = [*self.warnings, *notes]
        exploration.report(
            out, self.invariants, self.exploration, warned, self.run, coverage, self.liveness
        )
