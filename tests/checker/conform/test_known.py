"""What was seen before is recognised by what it is now, never by being the same object."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.conform.adapter import AdapterError, Setting
from quorate.checker.conform.adapters.answers import Answer, InProcess
from quorate.checker.conform.adapters.calls import Caller, NoValueError, plain
from quorate.checker.conform.driving.comparing import Comparer
from quorate.checker.conform.driving.conformance import Driven, DriveOptions, Verdict, conform
from quorate.checker.conform.driving.graph import ModelGraph
from quorate.checker.conform.known import KnownValues, MessageBits
from quorate.checker.conform.space import Space
from quorate.model.language import Map, Message, Messages, Protocol, Set, Sort, action, require
from quorate.traces import FrozenMap, Record, Value


class Shelf(Sort): ...


class Item(Sort): ...


class Put(Message):
    s: Shelf
    i: Item


class Shelves(Protocol):
    held: Map[Shelf, Set[Item]] = frozenset()
    sent: Messages[Put]

    @action
    def put(self, s: Shelf, i: Item) -> None:
        require(i not in self.held[s])
        self.held[s] = self.held[s] | {i}
        self.sent.add(Put(s, i))


class SameObjects:
    """Changes its state in place, and shows the same dict, sets and messages each time."""

    def __init__(self, wrong: bool, fresh: bool) -> None:
        self.wrong, self.fresh = wrong, fresh

    def start(self, setting: Setting) -> None:
        self.held: dict[Any, set[Any]] = {s: set() for s in setting.elements["Shelf"]}
        self.seen = {"held": self.held, "sent": set()}

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        shelf, item = args["s"], args["i"]
        if item in self.held[shelf]:
            return set()
        self.held[shelf].add(item)
        if self.wrong and len(self.held[shelf]) == 2:
            self.held["s0"].discard("i0")
        message = Record("Put", (("s", shelf), ("i", item)))
        self.seen["sent"].add(message)  # type: ignore[attr-defined]
        return {message}

    def observe(self) -> Mapping[str, Any]:
        return copy.deepcopy(self.seen) if self.fresh else self.seen


def driven(wrong: bool, fresh: bool) -> Driven:
    subject = InProcess(Caller(SameObjects(wrong, fresh)))
    sizes = Shelves.sized(Shelf=2, Item=2)
    return conform(Shelves, "test:Shelves", sizes, subject, DriveOptions())


@pytest.mark.parametrize("wrong", [False, True])
def test_an_object_that_is_changed_is_seen_to_be_changed(wrong: bool) -> None:
    found = driven(wrong, fresh=False)
    assert found.verdict is (Verdict.DIFFERS if wrong else Verdict.CONFORMS)
    assert found.driven == found.transitions or wrong
    assert found.differences == driven(wrong, fresh=True).differences
    if wrong:
        (difference,) = found.differences
        assert difference.name == "put.changes.held"
        assert difference.values[0].code == "{i1}"


PLAIN = st.recursive(
    st.sampled_from([None, False, True, 0, 1, "a", "b", np.str_("a"), b"a"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.tuples(inner, inner),
        st.sets(inner.filter(lambda x: isinstance(x, (str, int))), max_size=2),
        st.dictionaries(st.sampled_from(["a", 0, False]), inner, max_size=2),
        st.dictionaries(st.sampled_from(["a", 0, False]), inner, max_size=2).map(FrozenMap),
    ),
    max_leaves=5,
)


def exact(value: Value) -> Any:
    """A value with all its types, so that True is not 1."""
    match value:
        case tuple():
            return ("tuple", *map(exact, value))
        case frozenset():
            return frozenset(map(exact, value))
        case FrozenMap():
            return frozenset((exact(k), exact(v)) for k, v in value.items())
    return type(value), value


def read(shown: Any) -> Any:
    try:
        return plain(shown)
    except NoValueError:
        return None


@given(st.lists(PLAIN, min_size=1, max_size=4))
def test_what_is_recognised_reads_as_that_value(many: list[Any]) -> None:
    known = KnownValues()
    for shown in many:
        value = read(shown)
        if value is None:
            continue
        if not known.has(shown, value):
            known.add(shown, value, plain)
        for other in many:
            if known.has(other, value):
                assert exact(read(other)) == exact(value)


def test_bytes_are_not_the_text_that_is_written_by_them() -> None:
    known, text = KnownValues(), np.str_("a")
    known.add(text, "a", plain)
    assert not known.has(text.tobytes(), "a")
    known = KnownValues()
    known.add("a", "a", plain)
    assert known.has("a", "a")
    assert not known.has("b", "a")


class Lamps(Protocol):
    on: Map[Shelf, bool] = False

    @action
    def switch(self, s: Shelf) -> None:
        self.on[s] = not self.on[s]


LAMP = st.sampled_from([False, True, True, 0, 1])
SHOWN = st.fixed_dictionaries({"on": st.fixed_dictionaries({"s0": LAMP, "s1": LAMP})})


@given(st.lists(st.tuples(st.integers(0, 3), SHOWN, st.integers(1, 3)), max_size=6))
def test_what_is_shown_again_is_compared_as_at_first(
    many: list[tuple[int, dict[str, Any], int]],
) -> None:
    sizes = Lamps.sized(Shelf=2)
    subject = InProcess(Caller(SameObjects(wrong=False, fresh=False)))
    with sizes:
        graph = lamps()
        kept = Comparer(graph.space, subject)

        def told(comparer: Comparer, state: int, shown: dict[str, Any]) -> Any:
            try:
                return comparer.nothing(graph.rows[state], Answer(shown))
            except AdapterError as error:
                return str(error)

        for state, shown, times in many:
            first = told(Comparer(graph.space, subject), state, shown)
            assert [told(kept, state, copy.deepcopy(shown)) for _ in range(times)] == [
                first
            ] * times


@cache
def lamps() -> ModelGraph:
    graph = ModelGraph(Space(Lamps, Lamps.sized(Shelf=2)))
    assert graph.explore(100, lambda: False)
    assert len(graph.rows) == 4
    return graph


MESSAGES = st.builds(
    lambda n, b, swapped: Record("M", (("b", b), ("n", n)) if swapped else (("n", n), ("b", b))),
    st.sampled_from([0, 1, 2]),
    st.sampled_from(["x", "y"]),
    st.booleans(),
)


def canonical(messages: frozenset[Value]) -> frozenset[Value]:
    """As the model has them: fields in its order."""
    return frozenset(
        Record(m.tag, tuple(sorted(m.fields))) for m in messages if isinstance(m, Record)
    )


@given(st.lists(st.frozensets(MESSAGES, max_size=3), max_size=6))
def test_sets_of_messages_have_one_number(sets: list[frozenset[Record]]) -> None:
    bits = MessageBits(canonical)
    for some in sets:
        for other in sets:
            same = canonical(some) == canonical(other)  # type: ignore[arg-type]
            assert (bits.of(some) == bits.of(other)) == same
            # Objects that end leave their ids to others.
            fresh = {Record(m.tag, m.fields) for m in other}
            assert bits.of(fresh) == bits.of_model(canonical(other))  # type: ignore[arg-type]


def test_what_is_no_message_is_never_taken_for_one() -> None:
    def refused(messages: frozenset[Value]) -> frozenset[Value]:
        if any(m["n"] is True for m in messages if isinstance(m, Record)):
            raise AdapterError("no message")
        return messages

    bits, one = MessageBits(refused), Record("M", (("n", 1),))
    assert bits.of({one}) == bits.of_model(frozenset({one}))
    with pytest.raises(AdapterError):
        bits.of({Record("M", (("n", True),))})
