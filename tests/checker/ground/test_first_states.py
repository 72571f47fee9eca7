"""Initial states found with symbols for the arguments of `@init`, against CPython's trying all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from quorate.checker.ground import first_states
from quorate.checker.ground.first_states import InitialChoices, initial_states
from quorate.errors import QuorateError
from quorate.model.language import (
    Map,
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
    init,
    require,
)
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State

from ...support.strategies import generate, loaded, sized
from ...support.strategies.protocols import generate_start


class Node(Sort): ...


class Num(Nat): ...


class Rank(Ordered, bottom="none"): ...


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


class Bounded(Colors):
    """Where the `@init` begins is outside, which is no state of a search."""

    @constraint
    def coloured(self) -> bool:
        return any(self.n[a] != 0 for a in Node)


SIZES = {"Node": 3, "Num": 2}
COUNTS = [(Bounded, 6), (Colors, 6), (Everything, 432), (Twice, 3 * 9), (Clear, 1), (Never, 0)]


@contextmanager
def looked_for() -> Iterator[None]:
    """Even few choices are left out by symbols, in small pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_states, "FEW", 0)
        patch.setattr(first_states, "TOGETHER", 100)
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
        assert initial_states(protocol, sizes) == slow
        return slow


@pytest.mark.parametrize(("protocol", "count"), COUNTS)
def test_the_same_states_in_the_same_order(protocol: type[Protocol], count: int) -> None:
    sizes = SIZES | ({"Rank": 1} if "Rank" in protocol.sorts() else {})
    states = both(protocol, protocol.sized({}, **sizes))
    assert states is not None and len(states) == count


def test_what_is_undefined_is_found_by_python() -> None:
    assert both(Unclear, Unclear.sized({}, **SIZES, Rank=1)) is None


def test_few_choices_are_tried_by_python() -> None:
    """Of 4 ** 9 maps and 2 ** 9 sets, as many as the guards allow, and no others."""
    sizes = Colors.sized({}, Node=4, Num=3, Rank=1)
    with sizes:
        choices = InitialChoices(describe(Colors), sizes)
        (blank,) = Interpreter(Resting, sizes).initial()
        tried = choices(blank, "start")
        assert tried is not None
        given = list(tried)
    assert len(given) == 24
    assert all(sorted(f.values()) == [0, 1, 2, 3] and len(s) == 1 for f, s in given)


def test_1_7_million_choices() -> None:
    """6 ** 8 maps: CPython alone takes most of a minute."""
    sizes = Colors.sized({}, Node=8, Num=7, Rank=1)
    with sizes:
        choices = InitialChoices(describe(Colors), sizes)
        found = choices(Interpreter(Resting, sizes).initial()[0], "start")
        assert found is not None
        f, s = next(iter(found))
    assert sorted(f.values()) == list(range(8)) and len(s) == 1


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
