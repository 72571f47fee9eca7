"""Driving an implementation along walks of a model, past differences, until nothing is left to try.

A walk ends at a difference, or when nothing more can be tried on it. The next one begins at the
start, or from a copy that the adapter made. The steps since the start are recorded, so that each
difference has its run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from quorate.checker.conform.adapter import AdapterError, Setting
from quorate.checker.conform.adapters.answers import Answer
from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.space import Call, Code

from .comparing import Comparer, Kind, Unlike
from .coverage import Coverage
from .graph import Edge, ModelGraph
from .hidden import HiddenSteps
from .walks import Walker

AT_ONCE = 64
"""How many probes are asked for in one exchange."""

MOST_COPIES = 1000


class Act(Struct, frozen=True):
    """What was tried: a step of the model, or a probe, which must change nothing."""

    code: Code
    target: int | None


@dataclass(frozen=True)
class Occurrence:
    """One difference: what was tried after a run, in a state on which both sides agreed."""

    unlike: Unlike
    initial: int
    run: tuple[Act, ...]
    state: int
    code: Code | None
    """What was tried there; None at the start."""
    target: int | None
    """Where the model goes, if it can."""
    answer: Answer
    at: int
    """After so many steps and probes in all."""


@dataclass
class DifferenceGroup:
    """Differences that are alike: of one action, one kind, one variable."""

    action: str
    kind: Kind
    variable: str | None
    best: Occurrence
    first_at: int
    count: int = 1

    @property
    def name(self) -> str:
        """Its name in the list of accepted differences."""
        return ".".join(filter(None, (self.action, self.kind.value, self.variable)))


class Copy(NamedTuple):
    """A copy that the adapter made in a state, after so many acts since the start."""

    state: int
    copy: Any
    length: int
    possible: list[int]


class Begun(NamedTuple):
    """The beginning of a run, and a copy that the adapter made after it."""

    run: tuple[Act, ...]
    copy: Copy


@dataclass
class Driver:
    """Drives a subject. Use it inside the sizes. Raises AdapterError, naming the step."""

    graph: ModelGraph
    subject: Subject
    walker: Walker
    protocol: str
    out_of_time: Callable[[], bool]
    hidden: int = 0
    """How many steps of processes may happen unasked, before and after each."""
    groups: dict[tuple[str, Kind, str | None], DifferenceGroup] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.space = self.graph.space
        self.comparer = Comparer(self.space, self.subject)
        self._calls, self._rows = self.space.calls, self.graph.rows
        self.coverage = Coverage(self.space)
        self.chosen_otherwise = 0
        self._run: list[Act] = []
        self._initial = 0
        self._place: tuple[str, Call | None] = "at the start", None
        self._copies: deque[Copy] = deque(maxlen=MOST_COPIES)
        self._settings: dict[int, Setting] = {}
        self._careful = False  # a probe was seen to do something
        self._explainer = HiddenSteps(self.graph, self.comparer, self.hidden)
        self._possible: list[int] = []  # with hidden steps, the states that it may be in

    def drive(self) -> None:
        """Walk until nothing is left to try, or time is up."""
        try:
            while not self.out_of_time() and (begun := self._begin()) is not None:
                self._walk(begun)
        except AdapterError as error:
            raise AdapterError(f"{self.place}: {error}") from error

    @property
    def place(self) -> str:
        """What is being tried."""
        what, call = self._place
        return what if call is None else f"{what} {call}, after {len(self._run)} steps and probes"

    def follow(
        self, initial: int, run: Sequence[Act], begun: Begun | None = None
    ) -> DifferenceGroup | None:
        """Do this run anew, or after its beginning; the first difference on it, if there is one.

        None also where the implementation chooses another way.
        """
        self._followed(initial, run, begun)
        return next(iter(self.groups.values()), None)

    def begin(self, initial: int, run: Sequence[Act], begun: Begun | None) -> Begun | None:
        """Do this run, and copy the implementation; None where that cannot be done."""
        state = self._followed(initial, run, begun)
        if state is None or (copy := self.subject.snapshot()) is None:
            return None
        return Begun(tuple(self._run), Copy(state, copy, len(self._run), self._possible))

    def _followed(self, initial: int, run: Sequence[Act], begun: Begun | None) -> int | None:
        """The state that both are in after a run; None if they are not where it leads."""
        if begun is None:
            state = self._start(initial)
        else:
            self._initial, self._run = initial, [*begun.run]
            state = self._restored(begun.copy)
        for wanted in run[0 if begun is None else len(begun.run) :]:
            if state is None or self.out_of_time():
                return None
            act = self._as_here(state, wanted.code) if self.hidden else wanted
            if act is None:
                return None
            state = self.do(state, act)
            if not self.hidden and act.target is not None and state not in (None, act.target):
                return None
        return state

    def _as_here(self, state: int, code: Code) -> Act | None:
        """What is to be done in a state that another run has not met; None if that is nothing."""
        target = dict(self.graph.edges(state)).get(code)
        if target is None and code not in self.space.disabled(self.graph.rows[state]):
            return None
        return Act(code, target)

    def do(self, state: int, act: Act) -> int | None:
        """Do one more; the state that both are in afterwards, None where they differ."""
        if act.target is None:
            return self._probe(state, [act.code])
        return self._step(state, (act.code, act.target))

    def _begin(self) -> int | None:
        """Start a walk: in the last copy from where something is left to be reached, or anew."""
        while self._copies:
            copy = self._copies[-1]
            if self.walker.is_open(copy.state):
                del self._run[copy.length :]
                return self._restored(copy)
            self._copies.pop()
        first = self.walker.start()
        if first is None:
            return None
        self.coverage.walks += 1
        return self._start(first)

    def _restored(self, copy: Copy) -> int:
        """Put a copy back; the state that both are in then."""
        self._place, self._possible = ("restoring a copy", None), copy.possible
        self.subject.restore(copy.copy)
        return copy.state

    def _start(self, first: int) -> int | None:
        """Start anew in an initial state; None if the implementation does not start in it."""
        self._initial, self._run, self._possible = first, [], [first]
        self._place = "at the start", None
        row = self.graph.rows[first]
        if first not in self._settings:
            self._settings[first] = self.space.setting(self.protocol, row)
        answer = self.subject.start(self._settings[first])
        if (unlike := self.comparer.start(row, answer)) is not None:
            self._differs(unlike, first, None, None, answer)
            return None
        return first

    def _walk(self, start: int) -> None:
        state: int | None = start
        length, visited = 0, self.coverage.states
        while state is not None and not self.out_of_time():
            if state not in visited:
                self.coverage.visit(state, self.graph.rows[state])
            if codes := self.walker.probes(state):
                if self._careful:
                    self._copy(state)
                moved = self._probe(state, codes[:AT_ONCE])
                if moved != state:
                    state = moved
                continue
            edge = self.walker.next(state, length)
            if edge is None:
                return
            if self.walker.is_open(state, edge):
                self._copy(state)
            state = self._step(state, edge)
            length += 1

    def _copy(self, state: int) -> None:
        if self._copies and self._copies[-1].state == state:
            return
        if (copy := self.subject.snapshot()) is not None:
            self._copies.append(Copy(state, copy, len(self._run), self._possible))

    # ------------------------------------------------------------ steps

    def _step(self, state: int, edge: Edge) -> int | None:
        """Take a step; the state that both are in afterwards, None where they differ."""
        code, target = edge
        call = self._calls[code]
        self._place = "taking", call
        answer = self.subject.step(call.action, call.args)
        if answer.skipped is not None:
            self._check_skipped(state, answer)
            self.coverage.skip(state, code)
            self.walker.failed(state, edge)
            return state
        if answer.chosen:
            return self._chose(state, edge, answer)
        if self.hidden and (found := self._explained(state, code, answer)):
            target = target if target in found else found[0]
            unlike = None
        else:
            rows = self._rows
            unlike = self.comparer.step(rows[state], rows[target], answer, call)
        if unlike is None:
            self._run.append(Act(code, target))
            if answer.refused is not None:  # It has gone on by itself to where it can be refused.
                self.coverage.not_done(state, code)
            else:
                self.coverage.taken(state, code)
                self.walker.taken(state, edge)
            if target != edge[1]:  # What the model would do there is not seen.
                self.walker.failed(state, edge)
            return target
        self.coverage.differed(state, code)
        self.walker.failed(state, edge)
        self._differs(unlike, state, code, target, answer)
        return None

    def _explained(self, state: int, code: Code, answer: Answer) -> list[int]:
        """The states that it may be in after a step, if hidden steps explain what was seen."""
        probe = code not in dict(self.graph.edges(state))
        found = self._explainer.explained(self._possible, code, answer, probe)
        self._possible = found or self._possible
        return found

    def _check_skipped(self, state: int, answer: Answer) -> None:
        unlike = self.comparer.nothing(self.graph.rows[state], answer)
        if unlike is not None:
            raise AdapterError(
                f"perform cannot bring the step about ({answer.skipped}), "
                f"but changes {unlike.place} from {unlike.model} to {unlike.code}"
            )

    def _chose(self, state: int, edge: Edge | None, answer: Answer, probe: Code = 0) -> int | None:
        """A step that was done with other arguments: the model's, if it has one."""
        text = ", ".join(f"{name}={value}" for name, value in answer.chosen)
        found = self._chosen(state, edge[0] if edge else probe, answer)
        if edge is not None and found != edge:
            self.walker.failed(state, edge)
            self.coverage.not_taken.add((state, edge[0]))
            self.chosen_otherwise += 1
        if found is None:
            code, target = edge if edge else (probe, None)
            unlike = Unlike(Kind.CHOOSES, None, "", "no such step here", text)
            self.coverage.differed(state, code)
            self._differs(unlike, state, code, target, answer)
            return None
        rows = self.graph.rows
        unlike_ = self.comparer.step(rows[state], rows[found[1]], answer, self.space.call(found[0]))
        if unlike_ is None:
            self.coverage.taken(state, found[0])
            self.walker.taken(state, found)
            self._run.append(Act(*found))
            self._possible = [found[1]]
            return found[1]
        self.coverage.differed(state, found[0])
        self.walker.failed(state, found)
        self._differs(unlike_, state, found[0], found[1], answer)
        return None

    def _chosen(self, state: int, code: Code, answer: Answer) -> Edge | None:
        """The step of the model with the arguments that were chosen."""
        call, asked = self.space.call, self.space.call(code)
        args = {**asked.args, **dict(answer.chosen)}
        edges = self.graph.edges(state)
        return next(
            (e for e in edges if call(e[0]).action == asked.action and call(e[0]).args == args),
            None,
        )

    # ------------------------------------------------------------ probes

    def _probe(self, state: int, codes: list[Code]) -> int | None:
        """Try what the model disables; the state that both are in then, None if they differ."""
        calls = [self.space.call(code) for code in codes]
        row = self.graph.rows[state]
        self._place = "probing", calls[0]
        answers = self.subject.probe([(c.action, c.args) for c in calls])
        for number, (code, answer) in enumerate(zip(codes, answers, strict=False), start=1):
            self._place = "probing", calls[number - 1]
            if answer.skipped is not None:
                self._check_skipped(state, answer)
                self.coverage.skipped += 1
                continue
            unlike = self.comparer.nothing(row, answer)
            if answer.chosen and (unlike is not None or self._chosen(state, code, answer)):
                self.walker.probed(state, number)
                return self._chose(state, None, answer, code)
            if self.hidden and (explained := self._explained(state, code, answer)):
                if state not in explained:
                    self.walker.probed(state, number)
                    self._run.append(Act(code, explained[0]))
                    return explained[0]
                unlike = None
            if unlike is not None:
                self.walker.probed(state, number)
                self._careful = True
                self.coverage.allowed(code)
                self._differs(unlike, state, code, None, answer)
                return None
            self.coverage.refused(row, code)
            self._run.append(Act(code, None))
        self.walker.probed(state, number)
        return state

    # ------------------------------------------------------------ differences

    def _differs(
        self, unlike: Unlike, state: int, code: Code | None, target: int | None, answer: Answer
    ) -> None:
        action = "start" if code is None else self.space.call(code).action
        key = (action, unlike.kind, unlike.variable)
        group = self.groups.get(key)
        if group is not None:
            group.count += 1
            if state >= group.best.state:
                return
        at = self.coverage.steps + self.coverage.probes
        run = tuple(self._run)
        # What the adapter shows may be its own objects, which go on changing.
        shown = {name: self.subject.value(name, x) for name, x in answer.seen.items()}
        kept = replace(answer, seen=shown)
        found = Occurrence(unlike, self._initial, run, state, code, target, kept, at)
        if group is None:
            self.groups[key] = DifferenceGroup(*key, found, at)
        else:
            group.best = found
