"""What is not proved, looked for at small sizes: a step that breaks it, or a run from the start.

Without a search for models Z3 cannot show why an obligation fails for any size; the finite check of
the same description can, in seconds. A step from a state that no run reaches says that the
invariants are too weak; a run says that one is false.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from quorate.checker.loading import name_of
from quorate.checker.prove.bounded import inductive
from quorate.checker.prove.bounded.model_checking import bounded
from quorate.checker.prove.bounded.results import (
    BoundedOutcome,
    CounterexampleToInduction,
    DisagreementError,
    FiniteObligation,
)
from quorate.checker.prove.quorums import first_size
from quorate.checker.results import Move
from quorate.checker.tracing.build import make_trace
from quorate.model.language import Nat, QuorumSystem, SizeError, Sizes, StepError
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sizing import sized_sorts
from quorate.model.language.declare.sorts import Ordered, Sort
from quorate.model.language.interpreter import State
from quorate.traces import Trace

from .meeting import missing_each_other
from .results import DEFINEDNESS, InvariantProof, ProofStatus

KEYS = ".key"
DEPTH = 20  # steps of a run; a vote that need not be the highest takes 17
SHRINKING = 1.0  # the effort to make one step small


class _FoundError(Exception):
    """Ends a finite check: what was looked for is found."""


def refuted(
    protocol: type[Protocol], found: Sequence[InvariantProof], names: Sequence[str], effort: float
) -> list[InvariantProof]:
    """The outcomes, those that failed with a step or a run that breaks them, where one is found.

    What was never proved, and claims that only something else stands in the way of, are left alone.
    """
    broken = [i.invariant for i in found if i.status is not ProofStatus.PROVED and not i.rests_on]
    wanted = [n for n in broken if n in names]
    keys = [n for n in broken if n not in names]
    if not wanted and not keys:
        return list(found)
    # Consequences come last: a step that breaks one of them, and nothing else, says little.
    kept = [i.invariant for i in found if i.invariant in names and i.how != "consequence"]
    steps = _Steps(protocol, kept, [*wanted, *keys], effort)
    runs = _runs(protocol, wanted or kept, effort)
    shown = [_shown(i, steps.found, runs.traces) for i in found]
    if runs.undefined:
        return [_undefined(i, True, runs.undefined, runs.sizes) for i in shown]
    for text, sizes in steps.undefined:
        shown = [_undefined(i, False, text, sizes) for i in shown]
    return shown


def _shown(
    i: InvariantProof, steps: Mapping[str, tuple[Trace, str]], runs: Mapping[str, tuple[Trace, str]]
) -> InvariantProof:
    for status, traces in ((ProofStatus.VIOLATED, runs), (ProofStatus.NOT_INDUCTIVE, steps)):
        if i.invariant in traces:
            trace, sizes = traces[i.invariant]
            return replace(i, status=status, trace=trace, sizes=sizes)
    return i


def _undefined(i: InvariantProof, run: bool, says: str, sizes: str) -> InvariantProof:
    """A second message of one key breaks `Accept.key`; any other step is just undefined."""
    if not _names(says, i.invariant) or i.status is not ProofStatus.OPEN:
        return i
    by_run = ProofStatus.UNDEFINED if i.invariant == DEFINEDNESS else ProofStatus.VIOLATED
    status = by_run if run else ProofStatus.NOT_INDUCTIVE
    return replace(i, status=status, sizes=sizes, note=says)


def _names(says: str, name: str) -> bool:
    """Whether this is about the key of that message class, or about anything else."""
    if name == DEFINEDNESS:
        return "key=" not in says
    return name.endswith(KEYS) and f"{name.removesuffix(KEYS)}(" in says


# ---------------------------------------------------------------- steps


class _Steps:
    """Counterexamples to induction, by invariant, at growing sizes."""

    def __init__(
        self, protocol: type[Protocol], kept: Sequence[str], wanted: Sequence[str], effort: float
    ) -> None:
        self.protocol, self.wanted, self.effort_left = protocol, set(wanted), effort
        self.found: dict[str, tuple[Trace, str]] = {}
        self.undefined: list[tuple[str, str]] = []  # what the language forbids, and at what sizes
        for sizes in growing(protocol):
            if self._done() or self.effort_left <= 0:
                return
            self._look(sizes, kept)

    def _done(self) -> bool:
        shown = {n for n in self.wanted for says, _ in self.undefined if _names(says, n)}
        return self.wanted <= {*self.found, *shown}

    def _look(self, sizes: Sizes, kept: Sequence[str]) -> None:
        def report(o: FiniteObligation) -> None:
            if o.counterexample is not None and o.invariant is None:
                self.undefined.append((f"{o.action}: {o.counterexample.violated}", str(sizes)))
            if o.counterexample is not None and o.invariant in self.wanted - set(self.found):
                trace = step_trace(self.protocol, sizes, o.counterexample)
                if trace is not None:
                    self.found[o.invariant] = (trace, str(sizes))
            self.effort_left -= o.effort
            if self._done() or self.effort_left <= 0:
                raise _FoundError

        try:
            inductive(
                self.protocol, sizes, kept, report, effort=self.effort_left, shrinking=SHRINKING
            )
        except (_FoundError, SizeError, StepError, DisagreementError):
            return


def step_trace(
    protocol: type[Protocol], sizes: Sizes, found: CounterexampleToInduction
) -> Trace | None:
    """One step as a trace; None for a counterexample without a step."""
    if found.move is None:
        return None
    name = name_of(protocol)
    return make_trace(protocol, name, sizes, found.state, [found.move], found.violated)


def growing(protocol: type[Protocol]) -> Iterator[Sizes]:
    """Small sizes: 2 of each sort, of those that quorums are taken from 3; then others near these.

    Where quorums are known to miss each other, at such a size; then 1 of everything, 1 of one sort,
    and of an order, or of numbers, one more.
    """
    sorts = sized_sorts(protocol)
    systems = [s for s in protocol.sorts().values() if issubclass(s, QuorumSystem)]
    of = {s.of: first_size([x for x in systems if x.of is s.of]) for s in systems}
    least = {n: of[s] if s in of else 1 if issubclass(s, Nat) else 2 for n, s in sorts.items()}
    pinned = {n: s.size for n, s in sorts.items() if issubclass(s, Sort) and s.size}
    faults, seen = dict.fromkeys(protocol.budgets(), 1), list[dict[str, int]]()
    for other in ({}, *missing_each_other(protocol), *_near(sorts, least)):
        sizes = {**least, **other, **pinned}
        if sizes not in seen:
            seen.append(sizes)
            with contextlib.suppress(SizeError):
                yield protocol.sized(faults, **sizes)


def _near(sorts: Mapping[str, type], least: Mapping[str, int]) -> Iterator[dict[str, int]]:
    yield dict.fromkeys(sorts, 1)
    for name in sorts:
        yield {name: 1}
    for name, sort in sorts.items():
        if issubclass(sort, Ordered | Nat):
            yield {name: least[name] + 1}


# ---------------------------------------------------------------- runs


@dataclass(frozen=True)
class _Runs:
    """Runs to violations, by invariant; or that one comes to a step that is undefined."""

    traces: Mapping[str, tuple[Trace, str]]
    undefined: str = ""
    sizes: str = ""


def _runs(protocol: type[Protocol], wanted: Sequence[str], effort: float) -> _Runs:
    """A run to a violation of one of the invariants, if one is found with so much effort."""
    for sizes in growing(protocol):
        effort /= 2
        try:
            run = bounded(protocol, sizes, DEPTH, list(wanted), effort=effort, constrained=False)
        except (SizeError, DisagreementError):
            continue
        if run.undefined is not None:
            return _Runs({}, run.undefined.short, str(sizes))
        if run.outcome is BoundedOutcome.VIOLATED and run.violated and run.initial is not None:
            trace = _run_trace(protocol, sizes, run.initial, run.path, run.violated)
            return _Runs({run.violated: (trace, str(sizes))})
    return _Runs({})


def _run_trace(
    protocol: type[Protocol], sizes: Sizes, initial: State, path: Sequence[Move], violated: str
) -> Trace:
    return make_trace(protocol, name_of(protocol), sizes, initial, path, violated)
