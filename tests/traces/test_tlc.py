"""Counterexamples of TLC (`-dumpTrace json`), read in both of their shapes, or refused by place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quorate.traces import FrozenMap, Record, TraceError, read_trace, render_table

FILE = Path(__file__).parent / "data" / "tlc.json"


def test_steps_states_and_the_loop() -> None:
    trace = read_trace(FILE)
    assert trace.protocol == "Chat.tla" and trace.loop == 1
    assert [step.title() for step in trace.steps] == ["Ask(n=a)", "Answer()"]
    assert trace.steps[0].source is not None and trace.steps[0].source.line == 9
    assert list(trace.initial) == ["log", "last", "sent", "turn"]
    assert [str(change) for change in trace.changes(2)] == ["last[b]: 0 → 2"]
    assert trace.state(1)["turn"] == FrozenMap({"on": True, "who": "some"})
    assert trace.state(1)["sent"] == (Record("", (("from", "a"), ("k", 1))),)
    assert "log[a]: [] → [(by=a, type=ask)]" in render_table(trace, 110)


def test_the_older_shape(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text(json.dumps(json.loads(FILE.read_text())["counterexample"]))
    old, new = read_trace(file), read_trace(FILE)
    assert old.steps == new.steps and old.initial == new.initial


def test_states_and_actions_are_sets(tmp_path: Path) -> None:
    """TLC writes them in the order of its sets, and says where it wrote no run to the console."""
    document = json.loads(FILE.read_text())
    found = document["counterexample"]
    found |= {"state": found["state"][::-1], "action": found["action"][::-1], "console": False}
    file = tmp_path / "sets.json"
    file.write_text(json.dumps(document))
    assert read_trace(file) == read_trace(FILE)


def test_a_list_of_states_alone(tmp_path: Path) -> None:
    """As a TTrace file and `JsonSerialize("trace.json", Trace)` write it: no action is named."""
    states = [state for _, state in json.loads(FILE.read_text())["counterexample"]["state"]]
    file = tmp_path / "list.json"
    file.write_text(json.dumps(states))
    listed, full = read_trace(file), read_trace(FILE)
    assert [step.state for step in listed.steps] == [step.state for step in full.steps]
    assert listed.initial == full.initial and not any(step.is_named for step in listed.steps)
    shown = render_table(listed, 110)
    assert "action" not in shown and "unnamed" not in shown and "last[b]: 0 → 2" in shown


def changed(change: Callable[[dict[str, Any]], Any]) -> str:
    document = json.loads(FILE.read_text())
    change(document["counterexample"])
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"counterexample": 3}', "counterexample: found the number 3, expected an object"),
        ('[{"x": 1}, {"x": 0.5}]', "state[1].x: found the number 0.5, exp"),
        ('{"state": []}', "state: found an empty list, expected a list of states"),
        (changed(lambda c: c["state"].pop(0)), "counterexample.state[0]: found the number 2, exp"),
        (changed(lambda c: c["state"][1].pop()), "counterexample.state[1]: found"),
        (changed(lambda c: c["state"][1][1].pop("log")), "step 1: found no variable 'log'"),
        (changed(lambda c: c["action"][0].pop()), "counterexample.action[0]: found"),
        (changed(lambda c: c["action"][1][2].__setitem__(0, 9)), "found the state 9, exp"),
        (
            changed(lambda c: c["state"][0][1].update(last=0.5)),
            "state[0].last: found the number 0.5, exp",
        ),
    ],
)
def test_what_is_refused(text: str, error: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    with pytest.raises(TraceError) as raised:
        read_trace(file)
    assert str(raised.value).startswith(str(file)) and error in str(raised.value)
