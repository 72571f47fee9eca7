"""Values, differences between states, and whether a trace agrees with itself."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
from hypothesis import given

from quorate.traces import (
    Excerpt,
    FrozenMap,
    Received,
    Record,
    Step,
    Trace,
    TraceError,
    Value,
    in_order,
    show,
    validate,
)

from . import samples
from .strategies import traces, values

SHOWN: list[tuple[Value, str]] = [
    (None, "None"),
    (True, "True"),
    (-3, "-3"),
    ("never", "never"),
    ("a\nb", "'a\\nb'"),
    (frozenset({"b10", "b2", "b1"}), "{b1,b2,b10}"),
    (frozenset(), "{}"),
    (("x", "y"), "[x, y]"),
    (FrozenMap({"a0": "b1", "a1": "never"}), "{a0: b1, a1: never}"),
    (FrozenMap({("s1", 2): None}), "{(s1,2): None}"),
    (samples.promise("a0", "b1"), "Promise(a=a0, b=b1, vb=never, v=None)"),
    (Record("Crash"), "Crash()"),
]


@pytest.mark.parametrize(("value", "text"), SHOWN)
def test_values_are_shown_as_people_write_them(value: Value, text: str) -> None:
    assert show(value) == text


@given(values, values)
def test_any_two_values_have_an_order(one: Value, other: Value) -> None:
    assert in_order([one, other]) == in_order([other, one])


@given(values)
def test_values_travel_between_processes(value: Value) -> None:
    copy = pickle.loads(pickle.dumps(value))
    assert (copy, hash(copy)) == (value, hash(value))


def test_a_map_does_not_care_in_which_order_it_was_built() -> None:
    one, other = FrozenMap({"a": 1, "b": 2}), FrozenMap({"b": 2, "a": 1})
    assert (one, hash(one)) == (other, hash(other))
    assert (list(one), list(other)) == (["a", "b"], ["b", "a"])
    assert one.updated(("a", 3)) == FrozenMap({"a": 3, "b": 2}) != one


def test_a_record_names_its_fields() -> None:
    assert samples.promise("a0", "b1")["vb"] == "never"
    with pytest.raises(KeyError, match=r"Prepare has no field 'v' \(fields: b\)"):
        samples.prepare("b1")["v"]
    with pytest.raises(AttributeError, match=r"'b': its fields \(b\) are read as in m"):
        _ = samples.prepare("b1").b


def test_changes_leave_out_what_stayed_and_what_was_sent() -> None:
    trace = samples.eight_steps()
    assert list(map(str, trace.changes(6))) == [
        "max_vbal[a0]: never → b1",
        "max_val[a0]: None → v0",
    ]
    assert trace.sent(6) == (samples.accepted("a0", "b1", "v0"),)
    assert trace.changes(1) == () == trace.consumed(1)


def one_step(old: Value, new: Value, messages: str | None = None) -> Trace:
    step = Step("go", (), FrozenMap({"x": new}))
    return Trace("m:P", (), FrozenMap({"x": old}), (step,), messages=messages)


def test_keys_that_come_and_go() -> None:
    trace = one_step(FrozenMap({"a": 1, "b": 2}), FrozenMap({"b": 2, "c": None}))
    assert list(map(str, trace.changes(1))) == ["x[a]: 1 → absent", "x[c]: absent → None"]


def test_what_differs_inside() -> None:
    def state(n: int, seen: str, who: str) -> FrozenMap:
        inner = Record("S", (("n", n), ("seen", frozenset(seen)), ("by", FrozenMap({who: n}))))
        return FrozenMap({"p": inner, "q": FrozenMap({1: n, 2: 0})})

    told = [str(c) for c in one_step(state(1, "ab", "w"), state(2, "ab", "w")).changes(1)]
    assert told == ["x[p].n: 1 → 2", "x[p].by[w]: 1 → 2", "x[q][1]: 1 → 2"]
    whole = [str(c) for c in one_step(state(1, "a", "w"), state(2, "b", "v")).changes(1)]
    assert whole[0] == "x[p]: S(n=1, seen={a}, by={w: 1}) → S(n=2, seen={b}, by={v: 2})"
    old, new = frozenset("abcdefghijklmnopqrstu"), frozenset("bcdefghijklmnopqrstuv")
    assert [str(c) for c in one_step(old, new).changes(1)] == ["x: gains v; loses a"]
    assert one_step(old, new).changes(1)[0].old == old


def test_messages_that_are_taken_out() -> None:
    message = samples.prepare("b1")
    trace = one_step(frozenset({message}), frozenset(), messages="x")
    assert (trace.sent(1), trace.consumed(1), trace.changes(1)) == ((), (message,), ())


def test_steps_are_counted_from_one() -> None:
    trace = samples.eight_steps()
    assert trace.state(0) is trace.initial
    assert trace.state(8) is trace.steps[-1].state
    for number in (-1, 9):
        with pytest.raises(IndexError, match=f"no step {number} in a trace of 8 steps"):
            trace.state(number)
    with pytest.raises(IndexError, match="steps are numbered from 1, not 0"):
        trace.changes(0)


@given(traces())
def test_the_strategy_gives_valid_traces(trace: Trace) -> None:
    validate(trace)


def changed(number: int, **changes: object) -> Trace:
    trace = samples.eight_steps()
    steps = list(trace.steps)
    steps[number - 1] = replace(steps[number - 1], **changes)  # type: ignore[arg-type]
    return replace(trace, steps=tuple(steps))


PREPARE = samples.prepare("b1")
INCONSISTENT = [
    (changed(2, because=(2,)), "step 2, because: found 2, expected an earlier step"),
    (
        changed(2, received=(Received(PREPARE, 2),), because=()),
        "step 2, received[0]: found a sender in step 2, expected an earlier step",
    ),
    (
        changed(3, because=()),
        "step 3, received[0]: found the sender 1, expected it among the step's because",
    ),
    (
        changed(3, received=(Received(PREPARE, 2),), because=(2,)),
        "step 3, received[0]: found Prepare(b=b1) from step 2, "
        "expected a message that this step sent",
    ),
    (
        changed(3, state=FrozenMap({"max_bal": 1})),
        "step 3: found no variable 'max_vbal', expected the initial state's variables",
    ),
    (
        changed(8, state=samples.eight_steps().state(8).updated(("extra", 1))),
        "step 8: found a variable 'extra', expected only the initial state's variables",
    ),
    (
        replace(samples.eight_steps(), messages="net"),
        "messages: found 'net', expected the name of a variable",
    ),
    (
        replace(samples.eight_steps(), processes=("a0", "a0")),
        "processes: found 'a0' 2 times, expected each name once",
    ),
    (
        one_step(frozenset({"a0"}), frozenset(), messages="x"),
        "initial, variable 'x': found a0, expected only messages",
    ),
]


@pytest.mark.parametrize(("trace", "message"), INCONSISTENT, ids=[m for _, m in INCONSISTENT])
def test_a_trace_that_contradicts_itself(trace: Trace, message: str) -> None:
    with pytest.raises(TraceError) as raised:
        validate(trace)
    assert str(raised.value) == message
    assert str(pickle.loads(pickle.dumps(raised.value))) == message


def test_an_excerpt_of_a_wide_line_shows_what_is_meant() -> None:
    text = f"        x = {'a + ' * 30}b // c  # {'why ' * 10}"
    start = text.index("b // c")
    for width in (40, 80, 300):
        *_, line, carets = Excerpt("m.py", 7, text, start, start + 6).lines(width)
        assert max(len(line), len(carets)) <= width
        assert line[carets.index("^") : carets.rindex("^") + 1] == "b // c"
