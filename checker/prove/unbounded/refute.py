"""What is not proved, looked for at small sizes: a step that breaks it, or a run from the start.

Without a search for models Z3 cannot show why an obligation fails for any size; the finite check of
the same description can, in seconds. A step from a state that no run reaches says that the
invariants are too weak; a run says that one is false.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from quorate.checker.explore.result import Move
from quorate.checker.load import name_of
from quorate.checker.prove.bounded import bounded
from quorate.checker.prove.finite import inductive
from quorate.checker.prove.quorums import first_size
from quorate.checker.prove.verdicts import BoundedOutcome, Counterexample, DisagreementError
from quorate.checker.prove.verdicts import Obligation as Finite
from quorate.checker.report.traces import make_trace
from quorate.model.language import Nat, QuorumSystem, SizeError, Sizes
from quorate.model.language.protocol import Protocol
from quorate.model.language.run import State
from quorate.model.language.sorts import Ordered, Sort
from quorate.traces import Trace

from .verdicts import InvariantProof, Standing

KEYS = ".key"
DEPTH = 20  # steps of a run; a vote that need not be the highest takes 17


class _FoundError(Exception):
    """Ends a finite check: what was looked for is found."""


def refuted(
    protocol: type[Protocol], found: Sequence[InvariantProof], names: Sequence[str], budget_s: float
) -> list[InvariantProof]:
    """The outcomes, those that failed with a step or a run that breaks them, where one is found."""
    broken = [i.invariant for i in found if i.standing is not Standing.PROVED and not i.rests_on]
    wanted = [n for n in broken if n in names]
    keys = [n for n in broken if n not in names]
    if not wanted and not keys:
        return list(found)
    end = time.perf_counter() + budget_s
    # Consequences come last: a step that breaks one of them, and nothing else, says little.
    kept = [i.invariant for i in found if i.invariant in names and i.how != "consequence"]
    steps = _Steps(protocol, kept, [*wanted, *keys], end)
    runs = _runs(protocol, wanted or kept, end)
    shown = [_shown(i, steps.found, runs.traces) for i in found]
    if runs.senseless:
        return [_sent_twice(i, Standing.VIOLATED, runs.senseless, runs.sizes) for i in shown]
    for text, sizes in steps.senseless:
        shown = [_sent_twice(i, Standing.NOT_INDUCTIVE, text, sizes) for i in shown]
    return shown


def _shown(
    i: InvariantProof, steps: Mapping[str, tuple[Trace, str]], runs: Mapping[str, tuple[Trace, str]]
) -> InvariantProof:
    for standing, traces in ((Standing.VIOLATED, runs), (Standing.NOT_INDUCTIVE, steps)):
        if i.invariant in traces:
            trace, sizes = traces[i.invariant]
            return replace(i, standing=standing, trace=trace, sizes=sizes)
    return i


def _sent_twice(i: InvariantProof, standing: Standing, says: str, sizes: str) -> InvariantProof:
    """A step that sends a second message of a key breaks `Accept.key`, on a run or not."""
    if _names(says, i.invariant) and i.standing is Standing.OPEN:
        return replace(i, standing=standing, sizes=sizes, note=says)
    return i


def _names(says: str, key: str) -> bool:
    """Whether this is about the key of that message class."""
    return key.endswith(KEYS) and f"{key.removesuffix(KEYS)}(" in says


# ---------------------------------------------------------------- steps


class _Steps:
    """Counterexamples to induction, by invariant, at growing sizes."""

    def __init__(
        self, protocol: type[Protocol], kept: Sequence[str], wanted: Sequence[str], end: float
    ) -> None:
        self.protocol, self.wanted, self.end = protocol, set(wanted), end
        self.found: dict[str, tuple[Trace, str]] = {}
        self.senseless: list[tuple[str, str]] = []  # what the language forbids, and at what sizes
        for sizes in growing(protocol):
            if self._done() or time.perf_counter() > end:
                return
            self._look(sizes, kept)

    def _done(self) -> bool:
        shown = {n for n in self.wanted for says, _ in self.senseless if _names(says, n)}
        return self.wanted <= {*self.found, *shown}

    def _look(self, sizes: Sizes, kept: Sequence[str]) -> None:
        def report(o: Finite) -> None:
            if o.counterexample is not None and o.invariant is None:
                self.senseless.append((f"{o.action}: {o.counterexample.violated}", str(sizes)))
            if o.counterexample is not None and o.invariant in self.wanted - set(self.found):
                trace = step_trace(self.protocol, sizes, o.counterexample)
                if trace is not None:
                    self.found[o.invariant] = (trace, str(sizes))
            if self._done() or time.perf_counter() > self.end:
                raise _FoundError

        left = max(1.0, self.end - time.perf_counter())
        try:
            inductive(self.protocol, sizes, kept, report, timeout=left, shrinking=1.0)
        except (_FoundError, SizeError, DisagreementError):
            return


def step_trace(protocol: type[Protocol], sizes: Sizes, found: Counterexample) -> Trace | None:
    """One step as a trace; None for a counterexample without a step."""
    if found.move is None:
        return None
    name = name_of(protocol)
    return make_trace(protocol, name, sizes, found.state, [found.move], found.violated)


def growing(protocol: type[Protocol]) -> Iterator[Sizes]:
    """Small sizes: 2 of each sort (from 3 up where quorums are taken from), then one sort more."""
    sorts = {n: s for n, s in protocol.sorts().items() if not issubclass(s, QuorumSystem)}
    systems = [s for s in protocol.sorts().values() if issubclass(s, QuorumSystem)]
    of = {s.of: first_size([x for x in systems if x.of is s.of]) for s in systems}
    least = {n: of[s] if s in of else 1 if issubclass(s, Nat) else 2 for n, s in sorts.items()}
    larger = [n for n, s in sorts.items() if issubclass(s, Ordered)]
    for extra in itertools.chain([()], ((n,) for n in larger)):
        pinned = {n: s.size for n, s in sorts.items() if issubclass(s, Sort) and s.size}
        sizes = {n: k + (n in extra) for n, k in least.items()} | pinned
        for faults in (dict.fromkeys(protocol.budgets(), 1),):
            try:
                yield protocol.sized(faults, **sizes)
            except SizeError:
                continue


# ---------------------------------------------------------------- runs


@dataclass(frozen=True)
class _Runs:
    """Runs to violations, by invariant; or that one comes to a step that makes no sense."""

    traces: Mapping[str, tuple[Trace, str]]
    senseless: str = ""
    sizes: str = ""


def _runs(protocol: type[Protocol], wanted: Sequence[str], end: float) -> _Runs:
    """A run to a violation of one of the invariants, if one is found in time."""
    for sizes in growing(protocol):
        left = end - time.perf_counter()
        if left <= 1:
            break
        try:
            run = bounded(protocol, sizes, DEPTH, list(wanted), timeout=left / 2)
        except (SizeError, DisagreementError):
            continue
        if run.undefined is not None:
            return _Runs({}, str(run.undefined), str(sizes))
        if run.outcome is BoundedOutcome.VIOLATED and run.violated and run.initial is not None:
            trace = _run_trace(protocol, sizes, run.initial, run.path, run.violated)
            return _Runs({run.violated: (trace, str(sizes))})
    return _Runs({})


def _run_trace(
    protocol: type[Protocol], sizes: Sizes, initial: State, path: Sequence[Move], violated: str
) -> Trace:
    return make_trace(protocol, name_of(protocol), sizes, initial, path, violated)
