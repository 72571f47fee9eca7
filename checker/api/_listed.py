"""One check of a project's list, as a process of its own runs it: each question, and its answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from quorate._spelling import instead
from quorate.checker.errors import InputError
from quorate.checker.explore.claims import (
    claimed,
    claimed_alone,
    claimed_of_rest,
    claimed_of_runs,
    properties_of,
)
from quorate.checker.liveness.results import TemporalVerdict
from quorate.checker.loading import load_protocol
from quorate.checker.project import kept
from quorate.checker.project.listed import ListedCheck, Project
from quorate.checker.project.measured import Measured, covered
from quorate.checker.project.results import CheckEnding, CheckPart, CheckReport, worst
from quorate.checker.rendering.cases.errors import of_error
from quorate.checker.rendering.words import count, holding
from quorate.checker.reports.cases import (
    BUG,
    INCONCLUSIVE,
    NONCONFORMING,
    UNEXPECTED,
    CaseStatus,
    ReportCase,
    Rule,
    SourcePlace,
)
from quorate.checker.results import DEADLOCK
from quorate.errors import ArgumentError, ImplementationError, ProtocolError
from quorate.model.language import Protocol, Sizes
from quorate.model.language.declare.sizing import sized_sorts

from .searches import BreadthFirst

if TYPE_CHECKING:
    from .results import CheckResult

ENDINGS: Mapping[type[Exception], CheckEnding] = {
    ProtocolError: CheckEnding.MODEL,
    ArgumentError: CheckEnding.INPUT,
    ImplementationError: CheckEnding.INPUT,
    OSError: CheckEnding.INPUT,
    MemoryError: CheckEnding.INPUT,
}
"""How a check ends at an error; any other is a bug of Quorate."""

Names = tuple[tuple[str, ...], tuple[str, ...]] | None
"""The names of invariants and of properties of runs; None for all of both."""


def run_listed(folder: str, project: Project, name: str, caching: bool) -> CheckReport:
    """Run the check of that name in the folder of its list; errors are in the report."""
    os.chdir(folder)
    check, started = project.check(name), time.perf_counter()
    try:
        protocol = load_protocol(check.protocol)
        _known(protocol, check)
        sizes = _sized(protocol, project, check)
    except Exception as error:
        part = ended(error, _place(project, check))
        return CheckReport(name, check.protocol, "", (part,), None, time.perf_counter() - started)
    running = _Listed(protocol, sizes, check, _place(project, check), caching)
    parts = tuple(running.answer(question) for question in running.questions())
    measured = running.measured(parts)
    spent = time.perf_counter() - started
    return CheckReport(name, check.protocol, str(sizes), parts, measured, spent)


def _place(project: Project, check: ListedCheck) -> SourcePlace | None:
    """Where the check is listed, from its folder on."""
    return None if project.file is None else SourcePlace(project.file.name, check.line)


def _sized(protocol: type[Protocol], project: Project, check: ListedCheck) -> Sizes:
    """The sizes of a check; the project's, where the check gives none."""
    sorts = sized_sorts(protocol)
    sizes = {**{n: k for n, k in project.sizes.items() if n in sorts}, **check.sizes}
    budgets = {n: k for n, k in project.faults.items() if n in protocol.budgets()}
    return protocol.sized(faults={**budgets, **check.faults}, **sizes)


def _known(protocol: type[Protocol], check: ListedCheck) -> None:
    """Make sure that the protocol has what the check names. Raises InputError."""
    properties, goals = properties_of(protocol), list(protocol.methods("reachable"))
    for key, names, known in (
        ("holds", check.holds or (), properties),
        ("violated", check.violated, properties),
        ("reached", check.reached, goals),
    ):
        for name in names:
            if name not in known:
                said = f"{key}: {protocol.__name__} has no `{name}`"
                raise InputError(f"{said}; {instead(name, known)}")
    for name, depth in check.violated.items():
        claimed_alone(protocol, name, depth)


def ended(error: Exception, place: SourcePlace | None) -> CheckPart:
    """The part that an error ended."""
    ending = next(
        (e for family, e in ENDINGS.items() if isinstance(error, family)), CheckEnding.BUG
    )
    cases = of_error(error)
    if ending is CheckEnding.INPUT:
        cases = tuple(case if case.place else replace(case, place=place) for case in cases)
    return CheckPart(ending, cases[0].message.splitlines()[0], cases)


# ---------------------------------------------------------------- questions


@dataclass(frozen=True)
class _Question:
    """Something to ask; `asked` stands for all that its answer depends on, besides the protocol.

    It is None where that is not known. `other` is a second protocol that it depends on.
    """

    ask: Callable[[], CheckPart]
    asked: tuple[object, ...] | None
    other: str | None = None


@dataclass(frozen=True)
class _Listed:
    protocol: type[Protocol]
    sizes: Sizes
    check: ListedCheck
    place: SourcePlace | None
    caching: bool

    def questions(self) -> Iterator[_Question]:
        """What the check asks, in order."""
        c = self.check
        names = self._holding()
        how = (self._deadlock(), c.symmetry, c.por, c.limit)
        if names is None or any(names) or c.reached or self._deadlock() or not c.violated:
            asked: tuple[object, ...] = ("search", names, *how, c.reached, c.strict)
            yield _Question(partial(self._search, names), asked)
        for name, depth in c.violated.items():
            asked = ("violation", name, depth, *how)
            yield _Question(partial(self._violation, name, depth), asked)
        if c.prove:
            yield _Question(partial(self._proof, names), ("proof", names, c.strict))
        if c.refine is not None:
            own = c.refine.mapping is not None  # what its file depends on is not known
            asked = ("refinement", c.refine, c.strict)
            yield _Question(self._refinement, None if own else asked, c.refine.abstract)
        if c.conform is not None:
            yield _Question(self._conformance, None)

    def answer(self, question: _Question) -> CheckPart:
        """The answer, from the cache if it is there; an error is one too."""
        started, key = time.perf_counter(), None
        try:
            key = self._key(question)
            if key is not None and isinstance(found := kept.load(key), CheckPart):
                return replace(found, cached=True)
            part = question.ask()
        except Exception as error:
            part = ended(error, self.place)
        part = replace(part, seconds=time.perf_counter() - started)
        if key is not None and part.ending.decided:
            kept.save(key, part)
        return part

    def _key(self, question: _Question) -> str | None:
        if not self.caching or question.asked is None:
            return None
        bounds = (dict(self.sizes), dict(self.sizes.faults), str(self.sizes), self.place)
        other = () if question.other is None else kept.depends(load_protocol(question.other))
        name = self.check.protocol
        return kept.key_of(self.protocol, name, bounds, other, question.asked)

    def _deadlock(self) -> bool:
        """Whether there must be no deadlock: by default where the protocol has a `@final`."""
        c = self.check
        if DEADLOCK in c.violated:
            return False
        if c.deadlock is not None:
            return c.deadlock
        return DEADLOCK in (claimed_of_rest(self.protocol) if c.holds is None else c.holds)

    def _holding(self) -> Names:
        """The invariants and the properties of runs that must hold; None if these are all."""
        c = self.check
        if c.holds is None and not c.violated:
            return None
        invariants, runs = claimed(self.protocol, None), claimed_of_runs(self.protocol, None)
        wanted = [*invariants, *runs] if c.holds is None else c.holds
        left = [name for name in wanted if name not in c.violated]
        return (
            tuple(name for name in invariants if name in left),
            tuple(name for name in runs if name in left),
        )

    def _checked(self, names: Names, deadlock: bool) -> CheckResult:
        from ._check import check

        c = self.check
        search = BreadthFirst(threads=c.threads, por=c.por, limit=c.limit)
        return check(
            self.protocol,
            sizes=self.sizes,
            invariants=None if names is None else names[0],
            temporal=None if names is None else names[1],
            search=search,
            symmetry=c.symmetry,
            deadlock=deadlock,
        )

    def _search(self, names: Names) -> CheckPart:
        result = self._checked(names, self._deadlock())
        found, runs = result.exploration, result.liveness
        (suite,) = result.suites
        cases = [*suite.cases, *self._goals(result)]
        if self.check.strict:
            cases += [_open("warning", text) for text in result.warnings]
        said = [result.violation or count(found.full_states, "state")]
        if result.violation is not None and self.check.holds is None and self.check.violated:
            said += [f"all but {', '.join(self.check.violated)} must hold"]
        if result.violation is None:
            said += [result.outcome] * (not found.complete)
            named = [name for name in result.invariants if name != DEADLOCK]
            said += [holding(len(named))] * bool(named and found.complete)
            said += ["no deadlock"] * bool(DEADLOCK in result.invariants and found.complete)
            held = [c for c in runs.checks if c.verdict is TemporalVerdict.HOLDS] if runs else []
            said += [holding(len(held), "temporal property")] * bool(held)
        shown = covered(found, self.protocol.methods("reachable"))
        shown["holds"] = sorted(c.name for c in suite.cases if c.status is CaseStatus.PASSED)
        return _part(said, cases, shown)

    def _goals(self, result: CheckResult) -> Iterator[ReportCase]:
        """A case for each goal that must be reached."""
        found = result.exploration
        for name in self.check.reached:
            if name in found.reached:
                yield ReportCase(name, UNEXPECTED, CaseStatus.PASSED)
            elif found.complete and not found.por:
                said = f"{name} is not reached, and the list says that it is"
                yield ReportCase(name, UNEXPECTED, CaseStatus.FAILED, said, self.place)
            else:
                yield _open(name, f"whether {name} is reached is not known")

    def _violation(self, name: str, depth: int | None) -> CheckPart:
        """That a property is violated, by a shortest run of so many steps."""
        of_states, of_runs, deadlock = claimed_alone(self.protocol, name, depth)
        result = self._checked((tuple(of_states), tuple(of_runs)), deadlock)
        called, steps = f"{name} is violated", len(result.exploration.path)
        (suite,) = result.suites
        (case, *undefined) = suite.cases
        shown: dict[str, Any] = {}
        if case.status is CaseStatus.FAILED:
            run = result.trace
            steps = len(run.steps) if run is not None and of_runs else steps
            shown = {"violated": {name: steps}}
            if depth in (None, steps):
                cases = [ReportCase(called, UNEXPECTED, CaseStatus.PASSED)]
                return _part([f"{called} after {count(steps, 'step')}, as it should"], cases, shown)
            said = f"{called} after {count(steps, 'step')}, and not after {depth}"
            failed = ReportCase(called, UNEXPECTED, CaseStatus.FAILED, said, self.place, run)
        elif case.status is CaseStatus.PASSED:
            said = f"{name} holds, and the list says that it is violated"
            failed = ReportCase(called, UNEXPECTED, CaseStatus.FAILED, said, self.place)
        else:
            said = f"whether {name} is violated is not known: {case.message}"
            failed = ReportCase(called, INCONCLUSIVE, CaseStatus.OPEN, said, self.place)
        return _part([said], [failed, *undefined], shown)

    def _proof(self, names: Names) -> CheckPart:
        from ._prove import prove

        result = prove(self.protocol, invariants=None if names is None else names[0])
        (suite,) = result.suites
        cases = [replace(c, name=f"{c.name}: any size") for c in suite.cases]
        cases += [_open("warning", w) for w in result.warnings if self.check.strict]
        said = "proved for any size" if result.holds else result.violation or "not proved"
        proved = () if result.proof is None else result.proof.invariants
        shown = {"proved": sorted(i.invariant for i in proved if i.status.value == "proved")}
        return _part([said], cases, shown)

    def _refinement(self) -> CheckPart:
        r = self.check.refine
        assert r is not None
        if r.mapping is None:
            links = _bundled(self.protocol, r.abstract)
        else:
            from quorate.checker.refine.finding import own

            abstract = None if r.abstract is None else load_protocol(r.abstract)
            links = [own(r.mapping, self.protocol, abstract)]
        from ._refine import Refining

        refining = Refining(links, dict(self.sizes), dict(self.sizes.faults))
        for link in refining.pending():
            refining.check(link)
            if r.prove:
                refining.prove(link)
        result = refining.result()
        cases = [case for suite in result.suites for case in suite.cases]
        cases += [_open("warning", w) for w in result.warnings if self.check.strict]
        held = sorted(c.name for c in cases if c.status is CaseStatus.PASSED)
        said = result.violation or "; ".join(held) or "no refinement is shown"
        return _part([said], cases, {"refines": held})

    def _conformance(self) -> CheckPart:
        from ._conform import conform

        c = self.check.conform
        assert c is not None
        result = conform(
            self.check.protocol,
            c.adapter,
            variant=c.variant,
            sizes=dict(self.sizes),  # by name, for it reads the class from its file again
            faults=dict(self.sizes.faults),
            seconds=c.seconds,
            seed=c.seed,
            hidden=c.hidden,
            accept=c.accept,
            step_timeout=c.step_timeout,
        )
        (suite,) = result.suites
        what = c.adapter or c.variant or "the bundled implementation"
        said = result.violation or (f"{what} conforms" if result.holds else "conformance is open")
        return _part([said], list(suite.cases))

    def measured(self, parts: tuple[CheckPart, ...]) -> Measured:
        """What the parts showed."""
        fields: dict[str, Any] = {}
        violated = {n: k for p in parts for n, k in p.shown.get("violated", {}).items()}
        for part in parts:
            fields |= part.shown
        c = self.check
        asked = (self._holding(), self._deadlock(), c.symmetry, c.por, c.limit)
        return Measured(
            protocol=c.protocol,
            model=kept.meaning(self.protocol),
            asked=kept.hashed(*map(repr, asked), str(self.sizes)),
            sizes=dict(self.sizes),
            faults=dict(self.sizes.faults),
            **{**fields, "violated": violated},
        )


def _bundled(protocol: type[Protocol], abstract: str | None) -> list[Any]:
    from ._refine import links_of

    return links_of(protocol, abstract)


def _open(name: str, said: str) -> ReportCase:
    return ReportCase(name, INCONCLUSIVE, CaseStatus.OPEN, said)


# What a case that failed means for the check as a whole; any other is a violation.
_RULES: Mapping[Rule, CheckEnding] = {
    NONCONFORMING: CheckEnding.NONCONFORMING,
    BUG: CheckEnding.BUG,
}
_STATUSES = {
    CaseStatus.ERROR: CheckEnding.MODEL,
    CaseStatus.OPEN: CheckEnding.INCONCLUSIVE,
    CaseStatus.PASSED: CheckEnding.HOLDS,
    CaseStatus.SKIPPED: CheckEnding.HOLDS,  # beside what the search ended at
}


def _part(
    said: list[str], cases: list[ReportCase], shown: dict[str, Any] | None = None
) -> CheckPart:
    """The part with these cases, which ends as the worst of them does."""
    endings = (
        _RULES.get(c.rule, CheckEnding.VIOLATED)
        if c.status is CaseStatus.FAILED
        else _STATUSES[c.status]
        for c in cases
    )
    return CheckPart(worst(endings), "; ".join(said), tuple(cases), shown or {})
