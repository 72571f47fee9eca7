"""Initial states found with symbols for the arguments of `@init`, against CPython's trying all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.ground import first_states, packed_states
from quorate.checker.ground.first_states import (
    Beginning,
    Choices,
    InitialStateError,
    Sample,
    initial_states,
)
from quorate.checker.ground.instances import Instance
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.packed_states import PackedStates, distinct, groups, rows_of
from quorate.checker.ground.packing import Packing
from quorate.checker.ground.vector import Vector
from quorate.errors import QuorateError
from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Record,
    Seq,
    Set,
    Sizes,
    Sort,
    StepError,
    action,
    constraint,
    durable,
    fifo,
    init,
    require,
)
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Arguments, Interpreter, State

from ...support.strategies import generate, loaded, sized
from ...support.strategies.protocols import generate_start


class Node(Sort): ...


class Num(Nat): ...


class Rank(Ordered, bottom="none"): ...


class Depth(Nat): ...


class Passed(Message, link=("src", "dst")):
    src: Node
    dst: Node


class Pair(Record):
    node: Node
    num: Num


class Resting(Protocol):
    n: Map[Node, Num] = durable(0)
    up: Set[Node] = durable(frozenset())
    rank: Map[Node, Rank] = durable(Rank.none)
    pair: Pair | None = durable(None)
    seq: Seq[Node, Num] = durable(())

    @action
    def stay(self, p: Node) -> None:
        self.n[p] = 0


class Colors(Resting):
    """Few of the maps are colourings; the set is what has colour 0."""

    @init
    def start(self, f: Map[Node, Num], s: Set[Node]) -> None:
        require(all(f[a] != f[b] for a in Node for b in Node if a != b))
        require(all((f[a] == 0) == (a in s) for a in Node))
        for a in Node:
            self.n[a] = f[a]
        self.up = s


class Everything(Resting):
    @init
    def start(self, r: Map[Node, Rank], p: Pair | None, t: Seq[Node, Num], k: Rank) -> None:
        require(all(r[a] <= k for a in Node))
        require(p is None or p.node in t)
        require(len(t) == 2)
        self.pair = p
        self.seq = t
        for a in Node:
            self.rank[a] = r[a]


class Twice(Resting):
    """The second one reads what the first one wrote."""

    @init
    def first(self, s: Set[Node]) -> None:
        require(len(s) == 2)
        self.up = s

    @init
    def second(self, f: Map[Node, Num]) -> None:
        require(all(f[a] == 0 for a in Node if a not in self.up))
        for a in Node:
            self.n[a] = f[a]


class Unclear(Resting):
    """Where the first guard holds, the second may be undefined: that is for CPython to say."""

    @init
    def start(self, f: Map[Node, Num], k: Num) -> None:
        require(all(f[a] != 0 for a in Node))
        require(all(k // (2 - f[a]) == k for a in Node))
        for a in Node:
            self.n[a] = f[a]


class Clear(Unclear):
    """The same with one more guard before, so that it never is."""

    @init
    def start(self, f: Map[Node, Num], k: Num) -> None:
        require(all(f[a] == 1 for a in Node))
        require(all(k // (2 - f[a]) == k for a in Node))
        for a in Node:
            self.n[a] = f[a]


class Never(Resting):
    @init
    def start(self, f: Map[Node, Num]) -> None:
        require(all(f[a] == 0 and f[a] == 1 for a in Node))
        for a in Node:
            self.n[a] = f[a]


class Asked(Message):
    who: Node
    rank: Rank


class Given(Message, key="who"):
    who: Node
    num: Num


class Sending(Protocol):
    """What is sent depends on what is chosen; of `Given` one for each node may be sent."""

    n: Map[Node, Num] = durable(0)
    sent: Messages[Asked, Given]

    @init
    def first(self, f: Map[Node, Rank], s: Set[Node], p: Node, k: Num) -> None:
        require(p in s)
        for a in s:
            self.sent.add(Asked(a, f[a]))
        self.sent.add(Given(p, k))
        self.n[p] = k
        if len(s) == 1:
            self.n[p] += 1

    @init
    def second(self, q: Node, k: Num) -> None:
        require(Asked(q, Rank.none) in self.sent)
        self.sent.add(Given(q, k))

    @action
    def stay(self, p: Node) -> None:
        self.n[p] = 0


class Guarded(Sending):
    """Neither another number for the same node nor one out of its range."""

    @init
    def first(self, f: Map[Node, Rank], s: Set[Node], p: Node, k: Num) -> None:
        require(p in s and k < 2)
        for a in s:
            self.sent.add(Asked(a, f[a]))
        self.sent.add(Given(p, k))
        self.n[p] = k + 1

    @init
    def second(self, q: Node, k: Num) -> None:
        require(Asked(q, Rank.none) in self.sent)
        require(all(m.num == k for m in self.sent[Given] if m.who == q))
        self.sent.add(Given(q, k))


class Queued(Protocol):
    """The packets of each link, in the order in which a loop sends them."""

    sent: Messages[Passed] = fifo(Depth)

    @init
    def start(self, s: Set[Node], to: Map[Node, Node]) -> None:
        for a in s:
            self.sent.add(Passed(a, to[a]))
            if a != to[a]:
                self.sent.add(Passed(a, to[a]))

    @action
    def get(self, m: Passed) -> None:
        require(m.src != m.dst)


class Late(Guarded):
    """An `@init` takes a message: that one is for CPython."""

    @init
    def second(self, m: Given, f: Map[Node, Num]) -> None:
        require(f[m.who] != m.num)
        for a in Node:
            self.n[a] = f[a]


class OutOfRange(Resting):
    @init
    def start(self, f: Map[Node, Num], k: Num) -> None:
        for a in Node:
            self.n[a] = f[a] + k


class Bounded(Colors):
    """Where the `@init` begins is outside, which is no state of a search."""

    @constraint
    def coloured(self) -> bool:
        return any(self.n[a] != 0 for a in Node)


SIZES = {"Node": 3, "Num": 2, "Rank": 1, "Depth": 2}
COUNTS: list[tuple[type[Protocol], int]] = [
    (Bounded, 6),
    (Colors, 6),
    (Everything, 432),
    (Twice, 3 * 9),
    (Clear, 1),
    (Never, 0),
    (Guarded, 270),
    (Queued, 64),
    (Late, 1944),
]
UNDEFINED = [Unclear, Sending, OutOfRange]


def sizes_of(protocol: type[Protocol], **sizes: int) -> Sizes:
    return protocol.sized({}, **{n: k for n, k in (SIZES | sizes).items() if n in protocol.sorts()})


@contextmanager
def looked_for() -> Iterator[None]:
    """Even few choices are left out by symbols, in small pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_states, "FEW", 0)
        patch.setattr(first_states, "TOGETHER", 100)
        patch.setattr(packed_states, "TOGETHER", 64)
        patch.setattr(first_states, "_last", [])
        yield


def both(protocol: type[Protocol], sizes: Sizes) -> list[State] | None:
    """The initial states, the same in both ways; None if they are undefined."""
    with sizes, looked_for():
        try:
            slow = Interpreter(protocol, sizes).initial()
        except StepError as error:
            with pytest.raises(StepError) as found:
                initial_states(protocol, sizes)
            assert found.value.at == error.at
            return None
        fast = initial_states(protocol, sizes)
        assert list(fast) == slow
        layout = Layout(describe(protocol), sizes)
        rows = rows_of(Packing(layout), slow)
        assert np.array_equal(rows_of(Packing(layout), fast), rows)
        return slow


@pytest.mark.parametrize(("protocol", "count"), COUNTS)
def test_the_same_states_in_the_same_order(protocol: type[Protocol], count: int) -> None:
    states = both(protocol, sizes_of(protocol))
    assert states is not None and len(states) == count


@pytest.mark.parametrize("protocol", UNDEFINED)
def test_what_is_undefined_is_found_by_python(protocol: type[Protocol]) -> None:
    """With the place, the arguments and the state that CPython alone gives."""
    assert both(protocol, sizes_of(protocol)) is None


@pytest.mark.parametrize(("name", "most"), [("MOST_STORED", 0), ("MOST_TERMS", -1)])
@pytest.mark.parametrize(("protocol", "count"), COUNTS[:4])
def test_where_formulas_are_too_large(
    name: str, most: int, protocol: type[Protocol], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPython does what the effects, or the guards as well, say."""
    monkeypatch.setattr(first_states, name, most)
    sizes = sizes_of(protocol)
    with sizes, looked_for():
        beginning = Beginning(protocol, sizes)
        name, *_ = protocol.methods("init")
        choices = beginning.choices(name, 1)
    assert (choices is None) == (most < 0)
    states = both(protocol, sizes)
    assert states is not None and len(states) == count


def test_few_choices_are_left() -> None:
    """Of 4 ** 9 maps and 2 ** 9 sets, as many as the guards allow, and no others."""
    sizes = sizes_of(Colors, Node=4, Num=3)
    with sizes:
        beginning = Beginning(Colors, sizes)
        choices = beginning.choices("start", 1)
        assert choices is not None
        declared = rows_of(beginning.packing, [beginning.interpreter.declared()])
        assert sum(map(len, choices.of(declared))) == 24


class Free(Resting):
    """Nearly every map is one to begin with."""

    @init
    def start(self, f: Map[Node, Num]) -> None:
        require(any(f[a] != f[b] for a in Node for b in Node))
        for a in Node:
            self.n[a] = f[a]


def begun_by_python(
    protocol: type[Protocol], monkeypatch: pytest.MonkeyPatch, **sizes: int
) -> tuple[Sequence[State], int, int]:
    """The initial states; of how many choices CPython makes one, and of how many none."""
    calls = Counter[bool]()
    alone = Interpreter.begun_with

    def counted(self: Interpreter, state: State, init: str, args: Arguments) -> State | None:
        after = alone(self, state, init, args)
        calls[after is not None] += 1
        return after

    monkeypatch.setattr(Interpreter, "begun_with", counted)
    monkeypatch.setattr(first_states, "_last", [])
    at = sizes_of(protocol, **sizes)
    with at:
        return initial_states(protocol, at), calls[True], calls[False]


def test_python_confirms_a_sample_of_many_states(monkeypatch: pytest.MonkeyPatch) -> None:
    states, made, left_out = begun_by_python(Free, monkeypatch, Node=5, Num=7)
    assert isinstance(states, PackedStates) and len(states) == 8**5 - 8
    assert 0 < made <= first_states.MOST_CONFIRMED and left_out == 8


def test_python_confirms_a_sample_of_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colourings of seven nodes are excluded by 13 symbols' tests: each has its share."""
    states, _, left_out = begun_by_python(Colors, monkeypatch, Node=7, Num=6)
    assert len(states) == 5_040
    assert first_states.MOST_REJECTED / 2 < left_out <= first_states.MOST_REJECTED


@pytest.mark.exhaustive
def test_2_1_million_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython alone takes minutes."""
    states, made, left_out = begun_by_python(Free, monkeypatch, Node=7, Num=7)
    assert len(states) == 8**7 - 8
    assert 0 < made <= first_states.MOST_CONFIRMED and left_out == 8


def test_a_wrong_formula_is_a_bug_that_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vector, "stored", lambda self, stores: self.states.copy())
    sizes = sizes_of(Colors)
    with sizes, looked_for(), pytest.raises(InitialStateError, match="start: CPython makes"):
        initial_states(Colors, sizes)


def reject_more(monkeypatch: pytest.MonkeyPatch, places: Sequence[int], value: int) -> None:
    """Leave out, as a test of these symbols would, each choice where they have this value."""
    alone = Choices._read_guards

    def more(self: Choices, found: Instance) -> None:
        alone(self, found)
        graph = self._graph
        for k in places:
            symbol = self._symbols[k]
            x = graph.param(symbol.names[0], len(symbol.values))
            self._tests[k + 1].append(graph.not_(graph.eq(x, value)))

    monkeypatch.setattr(Choices, "_read_guards", more)


@pytest.mark.parametrize("place", range(6))
def test_a_choice_left_out_wrongly_is_a_bug_that_is_reported(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A map and a set, of three nodes each; 6 of 216 choices are initial states."""
    reject_more(monkeypatch, [place], 1)
    sizes = sizes_of(Colors)
    said = r"start: formulas leave out .*, CPython makes \["
    with sizes, looked_for(), pytest.raises(InitialStateError, match=said):
        initial_states(Colors, sizes)


def test_an_undefined_guard_left_out_is_a_bug_that_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reject_more(monkeypatch, range(3), 2)
    sizes = sizes_of(Unclear)
    said = "start: formulas leave out .*, CPython makes .*ZeroDivisionError"
    with sizes, looked_for(), pytest.raises(InitialStateError, match=said):
        initial_states(Unclear, sizes)


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(1, 20))
def test_a_sample_is_some_of_the_rows(sizes: list[int], most: int) -> None:
    whole = np.arange(sum(sizes), dtype=np.int32)[:, None]
    sample = Sample(most, 1)
    for part in np.split(whole, np.cumsum(sizes)[:-1]) if sizes else []:
        sample.add(part)
    rows = sample.rows[:, 0].tolist()
    assert len(rows) == len(set(rows)) == min(most, len(whole)) and set(rows) <= {
        *range(len(whole))
    }


def test_each_row_has_the_same_chance() -> None:
    """Of 100 batches of 1,000 rows, whichever they come in: the generator is seeded."""
    sample = Sample(1_000, 1)
    for k in range(100):
        sample.add(np.arange(1_000 * k, 1_000 * (k + 1), dtype=np.int32)[:, None])
    tenths = np.bincount(sample.rows[:, 0] // 10_000, minlength=10)
    assert len(sample.rows) == 1_000 and tenths.min() > 60 and tenths.max() < 140


# ---------------------------------------------------------------- packed states


def test_packed_states_are_a_sequence_of_states() -> None:
    sizes = sizes_of(Everything)
    with sizes:
        slow = Interpreter(Everything, sizes).initial()
        packing = Packing(Layout(describe(Everything), sizes))
        fast = PackedStates(packing, rows_of(packing, slow))
    assert len(fast) == len(slow) and list(fast) == slow  # also outside the sizes
    assert list(fast[5:50:7]) == slow[5:50:7] and fast[-1] == slow[-1]
    assert all(state in fast and fast.index(state) == k for k, state in enumerate(slow))
    with sizes:
        other = Interpreter(Resting, sizes).initial()[0]
    assert other not in fast
    with pytest.raises(ValueError, match="not in"):
        fast.index(other)


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), max_size=12), st.integers(1, 5)
)
def test_rows_once_each(rows: list[list[int]], step: int) -> None:
    whole = np.array(rows, np.uint64).reshape(len(rows), 2)
    parts = [whole[k : k + step] for k in range(0, len(whole), step)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed_states, "TOGETHER", 3)
        found = distinct(parts, 2)
    known = list(dict.fromkeys(map(tuple, rows)))
    assert list(map(tuple, found.tolist())) == known
    first, last = groups(whole)
    pairs = {tuple(rows[a]): (a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)}
    ends = {tuple(r): k for k, r in enumerate(rows)}
    assert pairs == {r: (list(map(tuple, rows)).index(r), ends[r]) for r in known}


# ---------------------------------------------------------------- generated protocols


def compared(seed: int, make: object = generate_start) -> int:
    """How many initial states a generated protocol has; 0 if it is not one."""
    source = make(Random(seed))  # type: ignore[operator]
    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
        except QuorateError:
            return 0
        return len(both(protocol, sizes) or ())


def test_generated_protocols() -> None:
    assert any(compared(seed) > 3 for seed in range(60))


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_many_generated_protocols(start: int) -> None:
    for seed in range(start, start + 100):
        compared(seed)
        compared(seed, generate)
