"""Random walks from the initial states: the cheapest search of a space too large to store.

Each walk starts in an initial state chosen at random. It takes one of the steps that change
something, all with the same probability, until it has the required length or no step is left. No
state is stored. The counterexample of a walk is long, and is shortened by `shrink.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quorate.checker.explore.codegen.labels import INSTANCE, UNDEFINED_STEP
from quorate.checker.explore.codegen.native import call_check, call_successors, native
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search.driver import PAUSED, UNDEFINED, VIOLATED
from quorate.checker.explore.search.interface import Progress, SearchEngine
from quorate.checker.explore.starts import Starts
from quorate.checker.ground.first_states import initial_states
from quorate.checker.ground.packed_states import rows_of
from quorate.checker.results import Exploration, Finding, Outcome
from quorate.model.language.interpreter import State

from .shrink import shrunk

# Places in the control array.
RANDOM, STEPS, REACHED, FOUND, WHERE, DEEPEST, WALKS = range(7)
CONTROLS = 7

SLICE = 200  # walks between checks of the clock and the keyboard


@native
def walk(
    successors: int,
    check: int,
    words: int,
    bad: int,
    length: int,
    initial: Any,
    starts: int,
    trail: Any,
    control: Any,
    fired: Any,
    out: Any,
    labels: Any,
    walks: int,
) -> int:
    """Take so many walks of at most `length` steps; the last is in `trail`, its steps in WHERE.

    `control[RANDOM]` is the state of the generator (Marsaglia: Xorshift RNGs, 2003).
    """
    seed: Any = np.uint64(control[RANDOM])
    status = PAUSED
    for _ in range(walks):
        seed ^= seed << np.uint64(13)
        seed ^= seed >> np.uint64(7)
        seed ^= seed << np.uint64(17)
        start = np.int64((seed >> np.uint64(11)) % np.uint64(starts))
        for i in range(words):
            trail[i] = initial[start * words + i]
        step: Any = 0
        control[WALKS] += 1
        while step < length and status == PAUSED:
            n = call_successors(successors, trail, step * words, out, 0, labels, 0, fired, 0)
            for j in range(n):
                if labels[j] >= np.uint32(UNDEFINED_STEP):
                    control[FOUND] = np.int64(labels[j] & np.uint32(INSTANCE))
                    status = UNDEFINED
            if n == 0 or status != PAUSED:
                break
            seed ^= seed << np.uint64(13)
            seed ^= seed >> np.uint64(7)
            seed ^= seed << np.uint64(17)
            chosen = np.int64((seed >> np.uint64(11)) % np.uint64(n))
            step += 1
            for i in range(words):
                trail[step * words + i] = out[chosen * words + i]
            verdict = call_check(check, out, chosen * words, labels, chosen)
            control[REACHED] |= verdict & ~bad
            if verdict & bad:
                control[FOUND] = verdict & bad
                status = VIOLATED
        control[STEPS] += step
        control[WHERE] = step
        control[DEEPEST] = max(control[DEEPEST], step)
        if status != PAUSED:
            break
    control[RANDOM] = np.int64(seed)
    return status


@dataclass
class Walks(SearchEngine):
    """Random walks through a protocol: their number, their length, and the random seed."""

    model: CompiledModel
    walks: int
    length: int
    seed: int = 0

    def __post_init__(self) -> None:
        self.sizes = self.model.sizes

    def begin(self) -> Outcome | None:
        self._begin()
        return self._initial()

    def _begin(self) -> None:
        k = self.model.kernel
        states = initial_states(self.model.protocol, self.model.sizes)
        self.initial = Starts(states, rows_of(self.model.packing, states))
        self._packed = np.ascontiguousarray(self.initial.rows).reshape(-1)
        self._trail = np.zeros((self.length + 1) * k.words, np.uint64)
        self._control = np.zeros(CONTROLS, np.int64)
        self._control[RANDOM] = np.random.default_rng(self.seed).integers(1, 1 << 62)
        self._fired = np.zeros(len(k.actions), np.int64)
        self._out = np.zeros(k.most_successors * k.words, np.uint64)
        self._labels = np.zeros(k.most_successors, np.uint32)

    def _initial(self) -> Outcome | None:
        seen = self.model.confirm.look(self.initial)
        self._control[REACHED] |= seen.reached
        if seen.found:
            self._control[FOUND] = seen.found
            self._trail[: self.model.kernel.words] = self.initial.rows[seen.where]
            return Outcome.VIOLATED
        if not len(self.initial):
            return Outcome.HOLDS
        return None if self.walks else Outcome.BOUND

    def expand(self) -> Outcome | None:
        """Take some walks."""
        k, c = self.model.kernel, self._control
        k.improve(int(c[STEPS]))
        status = walk(
            k.successors(),
            k.check(),
            k.words,
            k.bad,
            self.length,
            self._packed,
            len(self.initial),
            self._trail,
            c,
            self._fired,
            self._out,
            self._labels,
            min(SLICE, self.walks - int(c[WALKS])),
        )
        if status == VIOLATED:
            return Outcome.VIOLATED
        if status == UNDEFINED:
            return Outcome.UNDEFINED
        return Outcome.BOUND if int(c[WALKS]) >= self.walks else None

    def progress(self) -> Progress:
        c = self._control
        return Progress(int(c[STEPS]), 0, int(c[DEEPEST]), self.seconds)

    def _at(self, step: int) -> State:
        words = self.model.kernel.words
        return self.model.packing.unpack(self._trail[step * words : (step + 1) * words])

    def confirm(self, outcome: Outcome) -> Finding:
        if outcome not in (Outcome.VIOLATED, Outcome.UNDEFINED):
            return Finding()
        model, c = self.model, self._control
        initial, words = self._at(0), model.kernel.words
        rows = (self._trail[i * words : (i + 1) * words] for i in range(1, int(c[WHERE]) + 1))
        path = model.steps(initial, rows)
        found = model.confirm.finding(outcome, initial, path, int(c[FOUND]))
        return shrunk(model.interpreter, found)

    def result(self, outcome: Outcome, finding: Finding) -> Exploration:
        model, c = self.model, self._control
        return Exploration(
            outcome=finding.outcome(outcome),
            states=0,
            transitions=int(self._fired.sum()),
            depth=finding.depth(int(c[DEEPEST])),
            violated=finding.violated,
            undefined=finding.undefined,
            initial=finding.initial,
            path=finding.path,
            fired=dict(zip(model.kernel.actions, map(int, self._fired), strict=True)),
            reached=model.kernel.reached(int(c[REACHED])),
            seconds=self.seconds,
            bits=model.kernel.layout.bits,
            words=model.kernel.words,
            partial=None
            if finding.initial is not None
            else (
                f"{int(c[WALKS]):,} random walks of at most {self.length} steps, "
                f"{int(c[STEPS]):,} steps in all, seed {self.seed}; states off these walks were "
                "not visited"
            ),
        )
