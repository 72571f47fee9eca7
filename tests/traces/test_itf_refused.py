"""What a file says and the reader does not understand is refused, with its place."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.traces import (
    Trace,
    TraceError,
    dumps_itf,
    loads_itf,
    read_itf,
    render_mermaid,
    render_spacetime,
    render_table,
)

from . import samples
from .strategies import traces

CASES = Path(__file__).parents[1] / "cases" / "itf"


def x(value: str) -> str:
    return f'{{"vars": ["x"], "states": [{{"x": {value}}}]}}'


def one(**keys: object) -> str:
    return json.dumps({"vars": ["x"], "states": [{"x": 1}], **keys})


def states(*nodes: object) -> str:
    return one(states=list(nodes))


def own(change: str, with_: object) -> str:
    """A file of our own with one part replaced: `change` is a path of keys and indices."""
    document = json.loads(dumps_itf(samples.eight_steps()))
    *path, last = (int(k) if k.isdigit() else k for k in change.split("/"))
    node = document
    for key in path:
        node = node[key]
    node[last] = with_
    return json.dumps(document)


REFUSED = {
    # the document
    one(lopo=1): ("found the unknown key 'lopo', expected only #meta, params, vars, states, loop"),
    one(vars="x"): "vars: found the text 'x', expected the list of an ITF trace",
    one(vars=["x", "x"]): "vars[1]: found 'x' again, expected each name once",
    one(vars=["#x"]): "vars[0]: found the text '#x', expected a name that does not start with #",
    one(params="N"): "params: found the text 'N', expected a list of names",
    one(loop=1): "loop: found the number 1, expected the index of a state, 0 to 0",
    one(loop=-1): "loop: found the number -1, expected the index of a state, 0 to 0",
    one(loop=True): "loop: found true, expected the index of a state, 0 to 0",
    one(loop="0"): "loop: found the text '0', expected the index of a state, 0 to 0",
    one(**{"#meta": []}): "#meta: found an empty list, expected an object",
    one(**{"#meta": {"source": 3}}): (
        "#meta.source: found the number 3, expected the name of a file"
    ),
    one(**{"#meta": {"quorate": 3}}): "#meta.quorate: found int, expected object",
    # JSON that could be misread
    '{"vars": ["x"], "vars": [], "states": [{}]}': (
        "found the key 'vars' twice, expected each key once"
    ),
    '{"vars": ["x"], "states": [{"x": 1, "x": 2}]}': (
        "states[0]: found the key 'x' twice, expected each key once"
    ),
    x('{"f": 1, "f": 1}'): "states[0].x: found the key 'f' twice, expected each key once",
    x("NaN"): "line 1, column 34: found invalid character, expected JSON",
    x('"\\ud800"'): "found half a surrogate pair in a text, expected whole characters",
    x("[" * 120 + "]" * 120): (
        "states[0].x[0][0][0][0][0][0][0][0][0][0…: "
        "found values nested too deeply, expected at most 100 levels"
    ),
    # states
    states([]): "states[0]: found an empty list, expected an object with a state's variables",
    states({"x": 1}, None): "states[1]: found null, expected an object with a state's variables",
    states({"#map": []}): "states[0]: found no variable 'x', expected every variable of vars",
    states({"x": 1, "#map": []}): (
        "states[0]: found the unknown key '#map', "
        "expected only what vars and params declare, and #meta"
    ),
    states({"x": 1}, {"x": 1, "y": 2}): (
        "states[1]: found a variable 'y', expected only what vars and params declare, and #meta"
    ),
    states({"x": 1, "mbt::actionTaken": "init"}): (
        "states[0]: found a variable 'mbt::actionTaken', "
        "expected only what vars and params declare, and #meta"
    ),
    states({"x": 1}, {"x": 1, "#meta": 1}): (
        "states[1].#meta: found the number 1, expected an object"
    ),
    states({"x": 1}, {"x": 1, "#meta": {"index": 0}}): (
        "states[1].#meta.index: found the number 0, expected 1"
    ),
    states({"x": 1, "#meta": {"index": False}}): ("states[0].#meta.index: found false, expected 0"),
    # values
    x('{"#set": [1, {"#bigint": "1"}]}'): (
        "states[0].x.#set[1]: found the member 1 twice, expected each once"
    ),
    x('{"#map": [["a", 1], ["a", 1]]}'): (
        "states[0].x.#map[1]: found the key a twice, expected each once"
    ),
    x('{"#set": [], "size": 0}'): (
        "states[0].x: found the key 'size' beside #set, expected #set alone"
    ),
    x('{"#bigint": 3}'): "states[0].x.#bigint: found the number 3, expected a string",
    **{
        x(f'{{"#bigint": "{text}"}}'): (
            f"states[0].x.#bigint: found {text!r}, expected a decimal integer"
        )
        for text in ("1_000", " 5", "+5", "٣", "", "0x1", "1.0")
    },
    # what only our own files have
    own("#meta/quorate/colour", "red"): (
        "#meta.quorate.colour: found a field that is not known here, expected only known ones"
    ),
    own("#meta/quorate/violation/depth", 3): (
        "#meta.quorate.violation.depth: "
        "found a field that is not known here, expected only known ones"
    ),
    own("states/2/#meta/source/column", 3): (
        "states[2].#meta.source.column: "
        "found a field that is not known here, expected only known ones"
    ),
    own("states/3/#meta/received/0/by", "a0"): (
        "states[3].#meta.received[0].by: "
        "found a field that is not known here, expected only known ones"
    ),
    own("states/3/#meta/because", [1, 1]): (
        "step 3, because: found 1 again, expected each step once"
    ),
    own("states/0/#meta/node", "a0"): (
        "states[0].#meta: found an object, expected the index 0 alone"
    ),
    own("states/0/mbt::actionTaken", "phase1a"): (
        "states[0].mbt::actionTaken: found the text 'phase1a', expected 'init'"
    ),
    own("states/1/mbt::nondetPicks/b", "b1"): (
        "states[1].mbt::nondetPicks.b: found the text 'b1', expected Some value, or None"
    ),
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED.values())
def test_refused(text: str) -> None:
    with pytest.raises(TraceError) as raised:
        loads_itf(text)
    assert str(raised.value) == REFUSED[text]


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(TraceError) as raised:
        loads_itf(b'{"vars": ["x"],\n "states": [{"x": "\xff"}]}')
    assert str(raised.value) == "line 2, column 20: found the byte 0xff, expected text in UTF-8"
    with pytest.raises(TraceError, match="found the byte 0xed, expected text in UTF-8"):
        loads_itf("\ud800")


def test_an_integer_of_thousands_of_digits() -> None:
    with pytest.raises(TraceError, match=r"states\[0\]\.x\.#bigint: found '1{40}…', expected a"):
        loads_itf(x('{"#bigint": "' + "1" * 5000 + '"}'))
    with pytest.raises(TraceError, match="expected JSON"):
        loads_itf(x("1" * 5000))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("states_are_not_records", "states[0]: found the unknown key '#map', expected only what"),
        ("undeclared_variable", "states[0]: found a variable 'z', expected only what vars and"),
        ("key_twice", "states[0].m.#map[1]: found the key a twice, expected each once"),
        ("indices_contradict", "states[0].#meta.index: found the number 3, expected 0"),
        ("loop_beyond_the_end", "loop: found the number 7, expected the index of a state, 0 to 1"),
    ],
)
def test_the_cases(name: str, message: str) -> None:
    with pytest.raises(TraceError) as raised:
        read_itf(CASES / f"{name}.itf.json")
    assert message in str(raised.value)


def test_a_loop_is_kept_and_shown() -> None:
    trace = loads_itf('{"vars": ["x"], "states": [{"x": 1}, {"x": 2}, {"x": 3}], "loop": 1}')
    assert trace.loop == 1
    assert loads_itf(dumps_itf(trace)) == trace
    said = "the run goes on for ever: it repeats from the state after step 1 on"
    for shown in (render_table(trace), render_spacetime(trace), render_mermaid(trace)):
        assert said in shown
    with pytest.raises(TraceError, match="loop: found 3, expected a state, 0 to 2"):
        dumps_itf(Trace("", (), trace.initial, trace.steps, loop=3))


# ------------------------------------------------------------ files that went wrong somewhere

junk = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["#set", "#map", "#tup", "#bigint", "tag", "value", "x"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=4,
)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every part of a document: what holds it, and its key there."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    found = [(node, key) for key in keys]
    for key in keys:
        if isinstance(node[key], dict | list):
            found += places(node[key])
    return found


def read_or_refused(data: bytes | str) -> None:
    """Reading ends in a trace that can be written and shown, or in a TraceError of one line."""
    try:
        trace = loads_itf(data)
    except TraceError as error:
        assert error.found and error.expected and "\n" not in str(error)
        return
    assert loads_itf(dumps_itf(trace)) == trace
    render_spacetime(trace, 80)


@given(trace=traces(), value=junk, where=st.integers(0, 10**6), kind=st.integers(0, 2))
def test_a_part_that_is_something_else(trace: Trace, value: Any, where: int, kind: int) -> None:
    document = json.loads(dumps_itf(trace))
    parts = places(document)
    holder, key = parts[where % len(parts)]
    if kind == 0:
        holder[key] = value
    elif kind == 1:
        del holder[key]
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    else:
        holder[f"{key}x"] = holder[key]
    read_or_refused(json.dumps(document))


@given(seed=st.integers(0, 10**9))
def test_bytes_that_are_something_else(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(dumps_itf(samples.eight_steps()))
    for _ in range(chance.randint(1, 3)):
        data[chance.randrange(len(data))] = chance.choice(b'{}[]",:0x#\\\xff\x00')
    read_or_refused(bytes(data))
