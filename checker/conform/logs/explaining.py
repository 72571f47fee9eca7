"""Why a line has no explanation: the nearest steps of the model, and what is wrong with them."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from quorate.checker.tracing.values import show_value
from quorate.model.language.interpreter import Arguments, Requirement, State
from quorate.traces import FrozenMap, Record, Value, show

from .said import WHOLE, Called, Said, common, fits, place_of
from .search import LineJudge, Reached, Taken, last_steps
from .steps import Call

MOST_ENDS = 10
MOST_TRIED = 2_000
MOST_AROUND = 50
SHOWN_STEPS = 4
FURTHER = 4
MOST_FURTHER = 3_000


@dataclass(frozen=True, slots=True)
class GuardShown:
    """A guard of an action, with its line of the model's source."""

    held: bool
    text: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference between the model and the log."""

    place: str
    model: str
    log: str


@dataclass(frozen=True)
class NearMiss:
    """The nearest that the model gets to a line, from one state that explains the lines before.

    `step` is an action with arguments, None where nothing happens; without it `differences` are
    those of the state itself.
    """

    after: tuple[str, ...]
    step: str | None
    guards: tuple[GuardShown, ...]
    differences: tuple[Mismatch, ...]
    missing: str | None = None
    """Why there is no step of the kind that the line names."""

    @property
    def possible(self) -> bool:
        """Whether the model can take the step here."""
        return self.missing is None and all(g.held for g in self.guards)

    @property
    def distance(self) -> tuple[int, int]:
        """How far it is from an explanation."""
        failing = sum(not g.held for g in self.guards) + 2 * (self.missing is not None)
        return failing + len(self.differences), failing


class Explainer:
    """Looks for what comes nearest to a line. Use it inside the sizes."""

    def __init__(self, judge: LineJudge) -> None:
        self.judge, self.model = judge, judge.model
        self.interpreter = self.model.interpreter

    def nearest(self, taken: Taken, said: Said) -> NearMiss:
        """The nearest that the model gets to a line from a state."""
        state = taken.state
        after = tuple(str(self.model.call(step)) for step in last_steps(taken, SHOWN_STEPS))
        attempts = list(self._attempts(after, state, said))
        return min(attempts, key=lambda a: (a.distance, a.step is not None))

    def _attempts(self, after: tuple[str, ...], state: State, said: Said) -> Iterator[NearMiss]:
        before = self._before(state, said)
        if said.maybe or said.blocked:
            yield NearMiss(after, None, (), (*before, *self._unlike(state, said)))
        for action, args in itertools.islice(self._tries(state, said.events), MOST_TRIED):
            required, target = self.interpreter.regardless(state, action, args)
            guards = (*self._budget(state, action), *map(_guard, required))
            if all(g.held for g in guards) and target is None:
                target = self.interpreter.tried(state, action, args)
            if target is None or (said.events is None and target == state):
                differences = before if said.events else None
            else:
                differences = (*before, *self._unlike(target, said))
            if differences is not None:
                name = f"{action}({self._named(action, args)})"
                yield NearMiss(after, name, guards, differences)
        for event in said.events or ():
            if not any(True for _ in self._choices(state, event)):
                yield NearMiss(after, shown_call(event), (), before, self._why_none(state, event))

    def _tries(
        self, state: State, events: tuple[Called, ...] | None
    ) -> Iterator[tuple[str, Arguments]]:
        """The steps that a line may be of, enabled or not."""
        if events is None:
            for action in self.interpreter.actions:
                yield from ((action, args) for args in self.interpreter.choices(state, action))
        for event in events or ():
            yield from ((event[0], args) for args in self._choices(state, event))

    def _choices(self, state: State, event: Called) -> Iterator[Arguments]:
        names, wanted = self._parameters(event[0]), dict(event[1])
        for args in self.interpreter.choices(state, event[0]):
            pairs = zip(names, args, strict=True)
            if all(n not in wanted or fits(show_value(a), wanted[n]) for n, a in pairs):
                yield args

    def _parameters(self, action: str) -> list[str]:
        return [p.var.name for p in self.model.description.action(action).parameters]

    def _named(self, action: str, args: Arguments) -> str:
        pairs = zip(self._parameters(action), args, strict=True)
        return ", ".join(f"{n}={show(show_value(a))}" for n, a in pairs)

    def _why_none(self, state: State, event: Called) -> str:
        for _, value in event[1]:
            if not isinstance(value, Record):
                continue
            if not any(fits(m, value) for m in self._sent(state)):
                return f"{show(value)} has not been sent{self._instead(state, value)}"
        return "no message is there to receive"

    def _instead(self, state: State, message: Record) -> str:
        near = nearest_message(message, self._sent(state))
        return "" if near is None else f"; {show(near)} has"

    def _budget(self, state: State, action: str) -> tuple[GuardShown, ...]:
        """Where an action is a fault that may not happen any more."""
        fault = self.interpreter.actions[action]._quorate.fault
        if fault is None:
            return ()
        kinds = list(self.model.sizes.faults)
        left = state[len(self.model.description.variables) + kinds.index(fault)]
        given = self.model.sizes.faults[fault]
        return () if left else (GuardShown(False, f"at most {given} of the fault {fault}", "", 0),)

    # ------------------------------------------------------------ differences

    def _sent(self, state: State) -> frozenset[Value]:
        return frozenset(map(show_value, self.model.sent(state)))

    def _before(self, state: State, said: Said) -> tuple[Mismatch, ...]:
        if not said.received:
            return ()
        return tuple(self._lacking(self._sent(state), said.received, "received"))

    def _unlike(self, state: State, said: Said) -> tuple[Mismatch, ...]:
        found = []
        for variable, key, wanted in said.cells:
            value = self.model.value(state, variable.removeprefix("len(").removesuffix(")"))
            if key is not WHOLE:
                assert isinstance(value, FrozenMap)
                value = value[key]
            if variable.startswith("len("):
                value = len(value)  # type: ignore[arg-type]
            if value != wanted:
                found.append(unlike(place_of(variable, key), value, wanted))
        if said.sent:
            found += self._lacking(self._sent(state), said.sent, "sent")
        for called in said.holds:
            if not self.judge.holds(state, called):
                found.append(Mismatch(shown_call(called), "false", "true"))
        return tuple(found)

    def _lacking(
        self, there: frozenset[Value], wanted: frozenset[Value], word: str
    ) -> Iterator[Mismatch]:
        lacking = [m for m in wanted if not any(fits(n, m) for n in there)]
        for message in sorted(lacking, key=show):
            near = nearest_message(message, there)
            yield Mismatch(word, "nothing like it" if near is None else show(near), show(message))

    # ------------------------------------------------------------ more hidden steps

    def around(self, taken: Taken, hidden: int) -> list[Taken]:
        """A state, and some of those that hidden steps lead to."""
        found: Reached = {taken.state: (taken, ())}
        edge = dict(found)
        for _ in range(hidden):
            if len(found) < MOST_AROUND:
                edge = self.judge.further(edge, found)
        pairs = itertools.islice(found.items(), MOST_AROUND)
        return [
            Taken(state, taken, taken.file, path) if path else taken for state, (_, path) in pairs
        ]

    def further(
        self, ends: Sequence[Taken], said: Said, hidden: int, most: int
    ) -> tuple[Call, ...] | None:
        """The hidden steps with which a line would have an explanation, more than there may be.

        They are looked for in so many states at most.
        """
        edge: Reached = {t.state: (t, ()) for t in ends[:MOST_ENDS]}
        known = dict(edge)
        for _ in range(hidden + FURTHER):
            new: Reached = {}
            for state, way in edge.items():
                new |= self.judge.further({state: way}, known)
                if len(known) > most:
                    break
            for state, (_, path) in new.items():
                if len(path) > hidden and next(self.judge.explained(state, said), None) is not None:
                    return tuple(map(self.model.call, path))
            if len(known) > most:
                break
            edge = new
        return None


def nearest_message(message: Value, there: frozenset[Value]) -> Value | None:
    """The message of the same kind with the most fields in common."""
    assert isinstance(message, Record)
    alike = [m for m in there if isinstance(m, Record) and m.tag == message.tag]
    shared = {m: common(m, message) for m in alike}
    return min(alike, key=lambda m: (-shared[m], show(m))) if any(shared.values()) else None


def unlike(place: str, model: Value, log: Value) -> Mismatch:
    """Two values of a place; of a set what only one side has."""
    if isinstance(model, frozenset) and isinstance(log, frozenset) and len(model | log) > 4:
        only = (f"without {show(a - b)}" for a, b in ((log, model), (model, log)))
        return Mismatch(place, *(text if text != "without {}" else "all of it" for text in only))
    return Mismatch(place, show(model), show(log))


def shown_call(called: Called) -> str:
    """An action or predicate with the arguments that are known."""
    return f"{called[0]}({', '.join(f'{n}={show(v)}' for n, v in called[1])})"


def _guard(requirement: Requirement) -> GuardShown:
    text = linecache.getline(requirement.file, requirement.line).strip()
    return GuardShown(requirement.held, text, requirement.file, requirement.line)
