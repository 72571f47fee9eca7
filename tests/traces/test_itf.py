"""What is written is what is read, by us and as far as possible by others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from quorate.traces import (
    FrozenMap,
    Record,
    Trace,
    TraceError,
    Value,
    dumps_itf,
    loads_itf,
    read_itf,
    write_itf,
)
from quorate.traces.itf_values import decode, encode

from . import samples
from .strategies import traces, values

DATA = Path(__file__).parent / "data"


@given(traces())
def test_reading_gives_back_what_was_written(trace: Trace) -> None:
    assert loads_itf(dumps_itf(trace)) == trace


@given(values)
def test_values_survive(value: Value) -> None:
    assert decode(json.loads(json.dumps(encode(value))), "here", foreign=False) == value


def reversed_maps(value: Value) -> Value:
    if isinstance(value, FrozenMap):
        return FrozenMap([(k, reversed_maps(v)) for k, v in reversed(list(value.items()))])
    if isinstance(value, tuple):
        return tuple(map(reversed_maps, value))
    if isinstance(value, frozenset):
        return frozenset(map(reversed_maps, value))
    return value


@given(values)
def test_equal_values_are_written_alike(value: Value) -> None:
    other = reversed_maps(value)
    assert other == value
    assert json.dumps(encode(other)) == json.dumps(encode(value))


def test_the_file_survives_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "run.itf.json"
    for trace in (samples.eight_steps(), samples.forgotten_promise()):
        write_itf(trace, path)
        assert read_itf(path) == trace
    assert [file.name for file in tmp_path.iterdir()] == ["run.itf.json"]


def test_the_last_state_is_written() -> None:
    trace = samples.eight_steps()
    states = json.loads(dumps_itf(trace))["states"]
    assert len(states) == 1 + len(trace.steps)
    assert states[-1]["max_val"] == {
        "#map": [["a0", "v0"], ["a1", "v1"], ["a2", {"tag": "None", "value": {"#tup": []}}]]
    }


def test_different_traces_give_different_files(tmp_path: Path) -> None:
    names = ("eight_steps", "forgotten_promise", "eight_processes")
    for name in names:
        write_itf(getattr(samples, name)(), tmp_path / name)
    assert len({(tmp_path / name).read_bytes() for name in names}) == len(names)
    assert [read_itf(tmp_path / name) for name in names] == [
        getattr(samples, name)() for name in names
    ]


def test_the_file_is_what_quint_and_apalache_expect() -> None:
    document = json.loads(dumps_itf(samples.eight_steps()))
    assert document["#meta"]["format"] == "ITF"
    assert document["vars"][-2:] == ["mbt::actionTaken", "mbt::nondetPicks"]
    assert [state["#meta"]["index"] for state in document["states"]] == list(range(9))
    assert [set(state) - {"#meta"} for state in document["states"]] == [set(document["vars"])] * 9
    picks = [state["mbt::nondetPicks"] for state in document["states"]]
    assert {frozenset(pick) for pick in picks} == {frozenset({"a", "b", "v", "q"})}
    assert document["states"][0]["mbt::actionTaken"] == "init"
    assert picks[4]["q"] == {"tag": "Some", "value": {"#set": ["a0"]}}
    assert picks[4]["a"] == {"tag": "None", "value": {"#tup": []}}


def test_a_trace_of_quint() -> None:
    trace = read_itf(DATA / "quint.itf.json")
    assert (trace.protocol, trace.sizes, trace.messages) == ("paxos.qnt", (), None)
    assert [step.title() for step in trace.steps] == ["prepare(bal=1)", "promise(acc=a0, bal=1)"]
    assert list(map(str, trace.changes(2))) == [
        "maxBal[a0]: -1 → 1",
        "msgs: {Prepare(bal=1)} → {Ack(value=[a0, 1]),Prepare(bal=1)}",
        "decided: None → Some(value=Some(value=v1))",
    ]
    assert loads_itf(dumps_itf(trace)) == trace


def bank() -> dict[str, Any]:
    """What Quint 0.33 wrote of `bank.qnt`."""
    document: dict[str, Any] = json.loads((DATA / "bank.itf.json").read_text(encoding="utf-8"))
    return document


def test_what_quint_itself_wrote() -> None:
    trace = read_itf(DATA / "bank.itf.json")
    assert list(trace.initial) == ["accounts", "phase", "log", "audit"]  # in two::bank::
    titles = ["start(n=2, p=ann, q=bob)", "finish(n=2, p=ann, q=ann)", "start(n=4, p=bob, q=ann)"]
    assert [step.title() for step in trace.steps] == titles
    assert list(map(str, trace.changes(3))) == [
        "accounts[bob]: 5 → 1",
        "phase[bob]: Idle() → Sending(value=4)",
        "log: [[ann, 2]] → [[ann, 2], [bob, 4]]",
        "audit.last: Sending(value=2) → Sending(value=4)",
        "audit.seen: {(n=2, who=ann)} → {(n=2, who=ann),(n=4, who=bob)}",
    ]
    assert trace.notes == (
        "the file says that its last state violates a property, but not which one",
    )
    assert not trace.has_processes
    assert loads_itf(dumps_itf(trace)) == trace


def test_what_is_null_or_of_constants() -> None:
    """Quint's Rust backend writes null for what it does not know, and Apalache gives constants."""
    document = bank()
    document |= {"loop": None, "params": ["N"]}
    document["#meta"] |= {"source": None, "timestamp": None, "status": "ok"}
    document["states"][0]["N"] = {"#set": [{"#bigint": "3"}]}
    trace = loads_itf(json.dumps(document))
    assert (trace.protocol, trace.loop, trace.notes) == ("", None, ("the parameter N is {3}",))
    assert decode({"tag": "Init", "value": "u_OF_UNIT"}, "here", foreign=True) == Record("Init")
    with pytest.raises(TraceError, match="loop: found the number 9, expected the index of a state"):
        loads_itf(json.dumps(document | {"loop": 9}))


def test_only_modules_that_all_variables_are_in_are_left_out() -> None:
    document = bank()
    renamed = json.dumps(document).replace("two::bank::log", "two::other::log")
    assert list(loads_itf(renamed).initial) == [
        "bank::accounts", "bank::phase", "other::log", "bank::audit",
    ]  # fmt: skip


def test_a_trace_of_apalache() -> None:
    trace = read_itf(DATA / "apalache.itf.json")
    assert trace.protocol == "MC_Consensus.tla"
    assert trace.steps[0].title() == "(unnamed step)"
    assert trace.state(1)["leader"] == Record("", (("node", "n1_OF_NODE"), ("term", 1)))
    assert list(map(str, trace.changes(1))) == [
        "chosen: {} → {v1_OF_VALUE}",
        "log: [] → [[1, v1_OF_VALUE]]",
        "leader.term: 0 → 1",
    ]
    assert loads_itf(dumps_itf(trace)) == trace


def own(**changes: object) -> str:
    document = json.loads(dumps_itf(samples.eight_steps()))
    document.update(changes)
    return json.dumps(document)


def with_meta(**changes: object) -> str:
    meta = json.loads(dumps_itf(samples.eight_steps()))["#meta"]
    meta["quorate"].update(changes)
    return own(**{"#meta": meta})


def with_state(number: int, **changes: object) -> str:
    states = json.loads(dumps_itf(samples.eight_steps()))["states"]
    states[number].update(changes)
    return own(states=states)


def without(number: int, name: str) -> str:
    states = json.loads(dumps_itf(samples.eight_steps()))["states"]
    del states[number][name]
    return own(states=states)


MISREAD = {
    "": "line 1, column 1: found the end of the file, expected more JSON",
    '{"vars": [\n"x",': "line 2, column 5: found the end of the file, expected more JSON",
    '{"vars":\n  [1, }': "line 2, column 7: found invalid character, expected JSON",
    "{} {}": "line 1, column 4: found trailing characters, expected JSON",
    "[1, 2]": 'found a list of 2, expected an object with "vars" and "states"',
    "{}": 'vars: found no "vars", expected the list of an ITF trace',
    '{"vars": []}': 'states: found no "states", expected the list of an ITF trace',
    '{"vars": [], "states": []}': (
        "states: found an empty list, expected at least an initial state"
    ),
    '{"vars": [], "states": [3]}': (
        "states[0]: found the number 3, expected an object with a state's variables"
    ),
    '{"vars": [7], "states": [{}]}': (
        "vars[0]: found the number 7, expected a name that does not start with #"
    ),
    '{"vars": ["x"], "states": [{"x": 1.5}]}': (
        "states[0].x: found the number 1.5, expected a value of the trace format"
    ),
    '{"vars": ["x"], "states": [{"x": null}]}': (
        "states[0].x: found null, expected a value of the trace format"
    ),
    '{"vars": ["x"], "states": [{"x": {"#bigint": "ten"}}]}': (
        "states[0].x.#bigint: found 'ten', expected a decimal integer"
    ),
    '{"vars": ["x"], "states": [{"x": {"#set": 3}}]}': (
        "states[0].x.#set: found the number 3, expected a list"
    ),
    '{"vars": ["x"], "states": [{"x": {"#map": [[1]]}}]}': (
        "states[0].x.#map[0]: found a list of 1, expected a pair of a key and a value"
    ),
    with_meta(schema=7): "#meta.quorate.schema: found 7, expected 1 or 2",
    with_meta(sizes={"Ballot": "two"}): "#meta.quorate.sizes[...]: found str, expected int",
    own(**{"#meta": {"quorate": {"schema": 1}}}): (
        "#meta.quorate: found no 'protocol', expected what was written"
    ),
    without(3, "sent"): "states[3]: found no variable 'sent', expected every variable of vars",
    with_state(3, max_bal={"#seq": []}): (
        "states[3].max_bal: found the unknown tag #seq, "
        "expected one of #bigint, #map, #set, #tup, #unserializable"
    ),
    with_state(2, **{"#meta": {"index": 2, "because": [5]}}): (
        "step 2, because: found 5, expected an earlier step"
    ),
    with_state(2, **{"#meta": {"index": 2, "node": "a9"}}): (
        "step 2, node: found 'a9', expected one of the trace's processes"
    ),
    with_state(2, **{"mbt::actionTaken": 4}): (
        "states[2].mbt::actionTaken: found the number 4, expected an action's name"
    ),
    '{"vars": ["x"], "states": [{"x": ' + "[" * 5000 + "]" * 5000 + "}]}": (
        "found values nested too deeply, expected an ITF trace"
    ),
}


@pytest.mark.parametrize("text", MISREAD, ids=MISREAD.values())
def test_errors_in_a_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.itf.json"
    path.write_text(text)
    with pytest.raises(TraceError) as raised:
        read_itf(path)
    assert str(raised.value) == f"{path}: {MISREAD[text]}"


def test_a_truncated_file_is_always_noticed() -> None:
    data = dumps_itf(samples.eight_steps()).rstrip()
    for length in range(0, len(data), 97):
        with pytest.raises(TraceError, match="found the end of the file, expected more JSON"):
            loads_itf(data[:length])


def test_what_cannot_be_written() -> None:
    trace = samples.eight_steps()
    cases: list[tuple[Value, str]] = [
        (Record("A", (("#x", 1),)), "found a field '#x', expected no name that starts with #"),
        (Record("A", (("x", 1), ("x", 2))), "found a field of 'A' twice, expected each field once"),
    ]
    for value, message in cases:
        with pytest.raises(TraceError) as raised:
            dumps_itf(Trace(trace.protocol, (), FrozenMap({"x": value}), ()))
        assert str(raised.value) == message
    with pytest.raises(TraceError, match="found a variable '#x', expected no name that starts"):
        dumps_itf(Trace(trace.protocol, (), FrozenMap({"#x": 1}), ()))
    with pytest.raises(TraceError, match="expected values that JSON can hold"):
        dumps_itf(Trace(trace.protocol, (), FrozenMap({"x": "\ud800"}), ()))
