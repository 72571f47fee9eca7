"""Logs of generated protocols are judged as a slow and obvious search by CPython judges them."""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import quorate
from quorate.checker.conform.logs.outcome import LogVerdict
from quorate.checker.rendering.document import plain
from quorate.checker.tracing.values import show_state, show_value
from quorate.model.language import ModelError, Protocol, SizeError, Sizes, StepError
from quorate.model.language.declare.delivery import parameter_types
from quorate.model.language.declare.types import MapType, MessagesType, proper_values
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.paxos import Paxos
from quorate.traces import FrozenMap
from quorate.traces.values import show_key

from ....support.examples import share
from ....support.strategies import Source, loaded, sized, sources

MOST_STATES = 3_000
STEPS = 7


@dataclass
class Written:
    """A line of a generated log: some arguments of a step, values by variable and key, messages."""

    event: tuple[str, dict[str, Any]] | None
    cells: dict[tuple[str, Any], Any]
    received: frozenset[Any] = frozenset()
    sent: frozenset[Any] = frozenset()
    holds: tuple[str, dict[str, Any]] | None = None

    def as_json(self) -> str:
        line: dict[str, Any] = {}
        for word, messages in (("receive", self.received), ("send", self.sent)):
            if messages:
                line[word] = list(map(plain, messages))
        if self.holds is not None:
            line["holds"] = {self.holds[0]: {n: plain(v) for n, v in self.holds[1].items()}}
        for (variable, key), value in self.cells.items():
            name = variable if key is None else f"{variable}[{show_key(key)}]"
            line[name] = plain(value)
        if self.event is not None:
            args = {name: plain(value) for name, value in self.event[1].items()}
            line |= {"event": self.event[0], "args": args}
        return json.dumps(line)


class Slow:
    """Every order of the lines, every hidden step, every state: by CPython alone."""

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.interpreter = Interpreter(protocol, sizes)
        self.description = describe(protocol)
        self._steps: dict[State, list[tuple[str, dict[str, Any], State]]] = {}

    def steps(self, state: State) -> list[tuple[str, dict[str, Any], State]]:
        if state not in self._steps:
            if len(self._steps) > MOST_STATES:
                raise MemoryError
            self._steps[state] = [
                (name, self.named(name, args), target)
                for name, args, target in self.interpreter.successors(state)
            ]
        return self._steps[state]

    def named(self, action: str, args: Sequence[Any]) -> dict[str, Any]:
        names = [p.var.name for p in self.description.action(action).parameters]
        return {n: show_value(a) for n, a in zip(names, args, strict=True)}

    def cells(self, state: State) -> dict[tuple[str, Any], Any]:
        shown, found = show_state(self.description, state), {}
        for v in self.description.variables:
            value = shown[v.name]
            if isinstance(v.type, MapType):
                assert isinstance(value, FrozenMap)
                found.update({(v.name, key): cell for key, cell in value.items()})
            else:
                found[v.name, None] = value
        return found

    def messages(self, state: State) -> frozenset[Any]:
        shown, found = show_state(self.description, state), frozenset[Any]()
        for v in self.description.variables:
            if isinstance(v.type, MessagesType):
                found |= shown[v.name]  # type: ignore[arg-type]
        return found

    def told(self, state: State, name: str, args: dict[str, Any]) -> bool:
        method = getattr(self.interpreter.protocol, name)
        names = list(inspect.signature(method).parameters)[1:]
        ranges = [list(proper_values(t)) for t in parameter_types(method)]
        return any(
            self.interpreter.told(state, name, choice)
            for choice in itertools.product(*ranges)
            if all(
                args.get(n, show_value(v)) == show_value(v)
                for n, v in zip(names, choice, strict=True)
            )
        )

    def fits(self, state: State, line: Written) -> bool:
        cells = self.cells(state)
        if line.holds is not None and not self.told(state, *line.holds):
            return False
        if line.sent and not line.sent <= self.messages(state):
            return False
        return all(cells[place] == value for place, value in line.cells.items())

    def seen(self, state: State, line: Written) -> set[State]:
        """The states that a line may see from the one before."""
        if line.received and not line.received <= self.messages(state):
            return set()
        found = {state} if line.event is None else set()
        if line.event is None and not line.cells:
            return {s for s in found if self.fits(s, line)}
        for name, args, target in self.steps(state):
            if line.event is None or (
                name == line.event[0] and all(args[n] == v for n, v in line.event[1].items())
            ):
                found.add(target)
        return {s for s in found if self.fits(s, line)}

    def explained(self, files: list[list[Written]], hidden: int) -> int:
        """How many lines can be explained."""
        start = tuple(0 for _ in files)
        states = {(start, s) for s in self.interpreter.initial()}
        for number in range(sum(map(len, files))):
            new = set()
            for cut, state in states:
                reach = edge = {state}
                for _ in range(hidden):
                    edge = {t for s in edge for _, _, t in self.steps(s)}
                    reach = reach | edge
                for f, k in enumerate(cut):
                    if k < len(files[f]):
                        after = (*cut[:f], k + 1, *cut[f + 1 :])
                        for s in reach:
                            new |= {(after, t) for t in self.seen(s, files[f][k])}
            if not new:
                return number
            states = new
        return sum(map(len, files))


def log(slow: Slow, random: Random) -> list[Written]:
    """What a random run would write, with much of it left out."""
    state = random.choice(slow.interpreter.initial())
    kept = [v.name for v in slow.description.variables if random.random() < 0.7]
    found = []
    for _ in range(STEPS):
        steps = slow.steps(state)
        if not steps:
            break
        before = slow.messages(state)
        name, args, state = random.choice(steps)
        some = {n: v for n, v in args.items() if random.random() < 0.7}
        cells = {
            place: value
            for place, value in slow.cells(state).items()
            if place[0] in kept and random.random() < 0.5
        }
        line = Written((name, some) if random.random() < 0.6 else None, cells)
        after = sorted(slow.messages(state), key=repr)
        if before and random.random() < 0.3:
            line.received = frozenset([random.choice(sorted(before, key=repr))])
        if after and random.random() < 0.3:
            line.sent = frozenset([random.choice(after)])
        if random.random() < 0.3:
            line.holds = predicate(slow, state, random)
        if cells or line.event or line.received or line.sent or line.holds:
            found.append(line)
    return found


def predicate(slow: Slow, state: State, random: Random) -> tuple[str, dict[str, Any]] | None:
    """A predicate that is true, with some of its arguments."""
    protocol = slow.interpreter.protocol
    for name in protocol.methods("define"):
        method = getattr(protocol, name)
        if method.__annotations__.get("return") != "bool":
            continue
        names = list(inspect.signature(method).parameters)[1:]
        choices = list(itertools.product(*(proper_values(t) for t in parameter_types(method))))
        true = [x for x in choices if slow.interpreter.told(state, name, x)]
        if true:
            pairs = zip(names, map(show_value, random.choice(true)), strict=True)
            return name, {n: v for n, v in pairs if random.random() < 0.7}
    return None


def with_a_change(slow: Slow, lines: list[Written], random: Random) -> None:
    """Give one cell another value: one that some other cell of its variable had somewhere."""
    places = [(k, place) for k, line in enumerate(lines) for place in line.cells]
    if places:
        k, place = random.choice(places)
        values = {v for s in slow._steps for (n, _), v in slow.cells(s).items() if n == place[0]}
        others = sorted(values - {lines[k].cells[place]}, key=repr)
        lines[k].cells[place] = random.choice(others or [lines[k].cells[place]])


def compared(protocol: type[Protocol], sizes: Sizes, seed: int, folder: Path) -> str:
    random = Random(seed)
    hidden = random.choice([0, 0, 1])
    with sizes:
        slow = Slow(protocol, sizes)
        try:
            if not slow.interpreter.initial():
                return "no start"
            lines = log(slow, random)
            if hidden:
                lines = [line for line in lines if random.random() < 0.8]
            files = [lines]
            if random.random() < 0.6:
                files = [[] for _ in range(random.choice([2, 2, 3]))]
                for line in lines:
                    random.choice(files).append(line)
            changed = random.random() < 0.6
            if changed:
                with_a_change(slow, lines, random)
            files = [f for f in files if f]
            if not files:
                return "empty"
            explained = slow.explained(files, hidden)
        except StepError:
            return "undefined"
        except MemoryError:
            return "large"
    paths = []
    for n, file in enumerate(files):
        paths.append(folder / f"{n}.log")
        paths[-1].write_text("".join(f"{line.as_json()}\n" for line in file))
    try:
        found = quorate.validate(paths, protocol, sizes=sizes, hidden=hidden).validation
    except StepError:
        return "undefined, to the kernel"
    if len(files) == 1 or hidden or explained == found.lines:
        assert found.explained == explained, (found, explained)
    assert found.explained <= explained
    if explained < found.lines:
        assert found.verdict is LogVerdict.UNEXPLAINED
        assert found.failure is not None
        return f"unexplained, {len(files)}, {hidden}"
    assert found.verdict is not LogVerdict.UNEXPLAINED
    assert (found.verdict is LogVerdict.EXPLAINED) == bool(found.steps)
    return f"explained{' though changed' if changed else ''}, {len(files)}, {hidden}"


@pytest.mark.usefixtures("own_cache")
@given(source=sources(), seed=st.integers(0, 1 << 32))
@share(2)
def test_logs_of_generated_protocols(
    source: Source, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with loaded(source) as protocol:
        try:
            sizes = sized(protocol, source)
            event(compared(protocol, sizes, seed, tmp_path_factory.mktemp("log")))
        except (ModelError, SizeError):
            event("rejected")


@given(seed=st.integers(0, 1 << 32))
@share(2)
def test_logs_of_paxos(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    sizes = Paxos.sized(Acceptor=2, Ballot=2, Value=1)
    event(compared(Paxos, sizes, seed, tmp_path_factory.mktemp("log")))
