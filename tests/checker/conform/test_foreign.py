"""Adapters as commands that speak JSON lines: their values, and all that can go wrong with them."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.conform.adapter import AdapterError, Refusal, Setting
from quorate.checker.conform.adapters import lines
from quorate.checker.conform.adapters.answers import Answer
from quorate.checker.conform.adapters.by_name import adapter_named
from quorate.checker.conform.adapters.foreign import ForeignAdapter
from quorate.checker.conform.adapters.json_values import JsonValueError, parsed, read, written
from quorate.checker.conform.adapters.process import AdapterProcess
from quorate.checker.conform.seen import Terms
from quorate.checker.conform.space import Space
from quorate.model.language import Message, Messages, Set, at_most_once
from quorate.model.language.declare.types import Type
from quorate.model.language.description import describe
from quorate.model.paxos import Paxos
from quorate.model.raft import Raft
from quorate.traces import FrozenMap, Record
from tests.support.processes import wait_until_gone

from ...support.protocols.lock import Client, Lock, Server

CHILD = Path(__file__).parents[2] / "cases" / "lines" / "child.py"


def child(wrong: str, limit: float = 20) -> ForeignAdapter:
    return ForeignAdapter(f"exec:{sys.executable} -S {CHILD} {wrong}", Paxos, limit)


@pytest.fixture(scope="module")
def setting() -> Setting:
    sizes = Paxos.sized(Acceptor=2, Ballot=2, Value=2)
    with sizes:
        space = Space(Paxos, sizes)
        return space.setting("Paxos", space.initial[0])


# ------------------------------------------------------------ a child that does nothing wrong


def test_a_child_answers_like_any_subject(setting: Setting) -> None:
    seen = {"max_bal": FrozenMap({"a0": "never", "a1": "never"}), "sent": frozenset()}
    call = ("phase1b", {"a": "a0", "b": "b1"})
    with child("nothing") as adapter:
        assert adapter.start(setting) == Answer(seen)
        assert adapter.step(*call) == Answer(seen)
        assert adapter.perform(*call) == frozenset()
        assert adapter.observe() == seen
        assert list(adapter.probe([call, call])) == [Answer(seen, refused="no")] * 2
        copy = adapter.snapshot()
        adapter.restore(copy)
        adapter.restore(copy)


def test_the_two_kinds_of_names() -> None:
    foreign = adapter_named(f"exec:{sys.executable} -S {CHILD} nothing", Paxos)
    assert isinstance(foreign, ForeignAdapter)
    with foreign:
        pass
    own = adapter_named("nowhere.py:Nobody", Paxos)
    assert isinstance(own, AdapterProcess)
    with pytest.raises(AdapterError, match="nowhere"), own:
        pass


# ------------------------------------------------------------ children that do

WRONG = {
    "dies": r"asked to start, exec:\S+ .* ended \(exit code 3\)$",
    "is-killed": r"ended \(SIGKILL\)$",
    "dies-within-a-line": r"ended \(exit code 0\) in the middle of a line: `\{\"src\": \"adap`$",
    "babbles": r"wrote [23]\d\d,\d{3} bytes without an end of line$",
    "prints": r"to start: `hello\\tworld` is no JSON: .*line 1 column 1",
    "latin": r"`\{\"src\": \"\\xff\"\}` is no JSON: 'utf-8' .* byte 0xff in position 9",
    "old-number": r'"in_reply_to": 1, expected 2: `\{',
    "no-number": r'"in_reply_to": null, expected 2: `\{',
    "no-body": r'`\[1, 2\]` has no "body"',
    "fails": r"asked to start, exec:.* fails: no memory$",
    "other-type": r'"type": "init_ok", expected start_ok: `\{',
    "no-state": r'"state" is null, expected the variables by name',
    "fraction": r"state.max_bal: found the number 1.5, expected a whole one",
    "nan": r"NaN is no JSON",
    "key-twice": r'an object has "type" twice',
    "deep": r"`\[+\.\.\.` \(100,000 bytes\) is no JSON: ",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_a_child_does_wrong_is_said(
    wrong: str, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST", 1 << 18)
    with pytest.raises(AdapterError, match=WRONG[wrong]), child(wrong) as adapter:
        adapter.start(setting)


SLOW = {
    "hangs": r"does not answer within 0.3 s \(--step-timeout\)$",
    "drips": r"does not end its line `x+`.* within 0.3 s",
    "half-a-line": r"does not end its line `\{\"src\": \"adap`.* within 0.3 s",
    "closes": r"closed its standard output$",
}


@pytest.mark.parametrize("wrong", SLOW)
def test_a_child_that_hangs_is_ended(wrong: str, setting: Setting) -> None:
    with pytest.raises(AdapterError, match=SLOW[wrong]):  # noqa: SIM117
        with child(wrong, 20) as adapter:
            adapter.step_timeout = 0.3
            adapter.start(setting)
    assert adapter._lines._child.process.returncode is not None


def test_a_child_that_ends_after_its_answer(setting: Setting) -> None:
    with (
        pytest.raises(AdapterError, match=r"asked to snapshot, .* ended \(exit code 0\)$"),
        child("answers-and-ends") as adapter,
    ):
        adapter.start(setting)
        adapter._lines._child.process.wait()
        adapter.snapshot()


def test_what_a_child_writes_to_standard_error_blocks_nothing(
    setting: Setting, capfd: pytest.CaptureFixture[str]
) -> None:
    with child("complains") as adapter:
        assert adapter.start(setting).refused is None
        assert adapter.snapshot() is not None


def test_a_child_that_answers_twice(setting: Setting) -> None:
    with pytest.raises(AdapterError, match=r"more than one line|was not asked, and wrote `\{"):  # noqa: SIM117
        with child("twice") as adapter:
            adapter.start(setting)
            time.sleep(0.3)
            adapter.snapshot()


def test_a_child_that_says_more_at_the_end(setting: Setting) -> None:
    with (
        pytest.raises(AdapterError, match=r"was not asked, and wrote `\{"),
        child("late") as adapter,
    ):
        adapter.start(setting)
        time.sleep(0.6)


def test_a_child_that_reads_nothing(setting: Setting) -> None:
    code = (
        "import sys,time; sys.stdin.readline(); print('{\"body\": %s}', flush=True); time.sleep(60)"
    )
    ready = '{"type": "init_ok", "in_reply_to": 1}'
    adapter = ForeignAdapter(f"exec:{shlex.join([sys.executable, '-c', code % ready])}", Paxos, 0.5)
    with pytest.raises(AdapterError, match=r"does not read what it is asked \(\d+ bytes"), adapter:
        adapter.step("phase1b", {"a": "a0" * 200_000, "b": "b1"})


def test_what_a_child_has_started_is_ended_with_it(setting: Setting) -> None:
    """Even if it has left the group."""
    with child("leaves-a-process") as adapter:
        pid = adapter.start(setting).seen["pid"]
        os.kill(pid, 0)
    wait_until_gone([pid])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exec:", "no command; expected exec:COMMAND ARGUMENTS"),
        ("exec:'x", "No closing quotation"),
        ("exec:/nowhere/x", "cannot be started: .*No such file"),
        (f"exec:{CHILD.parent}", "cannot be started: .*Permission denied"),
    ],
)
def test_a_command_that_cannot_be_started(name: str, message: str) -> None:
    with pytest.raises(AdapterError, match=message):
        adapter_named(name, Paxos)


# ------------------------------------------------------------ answers to probes

REFUSED = {"type": "refused", "text": "no", "state": {}}
DONE = {"type": "perform_ok", "sent": [{"type": "Prepare", "b": "b1"}], "state": {}}


def probed(monkeypatch: pytest.MonkeyPatch, answers: Any) -> list[Answer]:
    with child("nothing") as adapter:
        monkeypatch.setattr(adapter, "_asked", lambda *_: {"answers": answers})
        return list(adapter.probe([("phase1a", {"b": "b1"})] * 3))


def test_a_probe_that_does_something_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = probed(monkeypatch, [REFUSED, DONE])
    assert first.refused == "no"
    assert second.sent == {Record("Prepare", (("b", "b1"),))}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([DONE, REFUSED], "goes on after a call that did something"),
        ([REFUSED], "ends after 1 calls that did nothing"),
        ([REFUSED] * 4, "answers 3 calls by 4 answers"),
        ([], "answers 3 calls by 0 answers"),
        ({}, r"answers 3 calls by \{\}"),
        ([7], "has the answer 7"),
        ([{"type": "refused", "state": {}}], 'refused has no "text"'),
        ([{**DONE, "sent": "x"}], '"sent" is "x", expected an array of messages'),
        ([{**DONE, "sent": [1.0]}], "sent: found the number 1.0"),
        ([{**DONE, "sent": [{"b": "b1"}]}], r'sent: found \{"b": "b1"\}, expected \{"type"'),
        ([{**DONE, "chose": []}], r'"chose" is \[\], expected arguments by name'),
    ],
)
def test_answers_to_probes_that_are_none(
    monkeypatch: pytest.MonkeyPatch, answers: Any, message: str
) -> None:
    with pytest.raises(AdapterError, match=message):
        probed(monkeypatch, answers)


def test_refusals_and_choices_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    with child("nothing") as adapter:
        monkeypatch.setattr(adapter, "_asked", lambda *_: REFUSED)
        with pytest.raises(Refusal, match="no"):
            adapter.perform("phase1a", {"b": "b1"})
        chose = {"v": "v1", "q": ["a0", "a1"]}
        monkeypatch.setattr(adapter, "_asked", lambda *_: {**DONE, "sent": [], "chose": chose})
        answer = adapter.step("phase2a", {"b": "b1", "v": "v0", "q": frozenset()})
        assert answer.chosen[0] == ("v", "v1")


class Word(Message, link=("s", "c")):
    s: Server
    c: Client
    heard: Set[Client]


class TwoNetworks(Lock):
    """What is said beside the lock goes its own way."""

    words: Messages[Word] = at_most_once()


def test_messages_of_every_network_are_read_by_their_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = {"type": "Word", "s": "s0", "c": "c0", "heard": ["c1", "c0"]}
    asked = {"type": "Ask", "c": "c0", "s": "s0"}
    sizes = TwoNetworks.sized(Server=1, Client=2)
    with sizes, ForeignAdapter(f"exec:{sys.executable} -S {CHILD} nothing", TwoNetworks) as adapter:
        monkeypatch.setattr(adapter, "_asked", lambda *_: {**DONE, "sent": [said, asked]})
        sent = Terms(describe(TwoNetworks), {}).messages(adapter.step("ask", {}).sent)
    heard = frozenset({"c0", "c1"})
    assert sent == {
        Record("Word", (("s", "s0"), ("c", "c0"), ("heard", heard))),
        Record("Ask", (("c", "c0"), ("s", "s0"))),
    }


# ------------------------------------------------------------ values


def type_of(name: str) -> Type:
    return describe(Raft).variable(name).type


VALUES = [
    ("term", {"s0": "t1"}, FrozenMap({"s0": "t1"})),
    ("term", [["s0", "t1"]], FrozenMap({"s0": "t1"})),
    ("term", [], FrozenMap()),
    ("voted_for", {"s0": None, "s1": "s0"}, FrozenMap({"s0": None, "s1": "s0"})),
    ("votes", {"s0": ["s1", "s0"]}, FrozenMap({"s0": frozenset({"s0", "s1"})})),
    ("match", [[["s0", "s1"], 2]], FrozenMap({("s0", "s1"): 2})),
    (
        "log",
        {"s0": [{"v": "v0", "type": "Entry", "t": "t1"}]},
        FrozenMap({"s0": (Record("Entry", (("t", "t1"), ("v", "v0"))),)}),
    ),
    (
        "sent",
        [{"type": "Ack", "t": "t1", "follower": "s0", "leader": "s1", "length": 1}],
        frozenset(
            {Record("Ack", (("t", "t1"), ("follower", "s0"), ("leader", "s1"), ("length", 1)))}
        ),
    ),
]


@pytest.mark.parametrize(("variable", "found", "value"), VALUES)
def test_json_is_read_by_the_type(variable: str, found: Any, value: Any) -> None:
    with Raft.sized(Server=2, Term=1, Value=1, Index=1):
        assert read(found, type_of(variable)) == value
        again = parsed(json.dumps(written(value)).encode())
        assert read(again, type_of(variable)) == value


@pytest.mark.parametrize(
    ("variable", "found", "message"),
    [
        ("term", [["s0"]], r'found \["s0"\] in a map, expected \[key, value\]'),
        ("term", [["s0", "t1"], ["s0", "t2"]], "a map that has a key twice"),
        ("match", [["s0", 2]], 'found the key "s0", expected an array of 2'),
        ("log", {"s0": [{"t": "t1"}]}, 'expected {"type"'),
        ("match", [[["s0", "s1"], 2.0]], "found the number 2.0"),
    ],
)
def test_json_that_is_no_value(variable: str, found: Any, message: str) -> None:
    sizes = Raft.sized(Server=2, Term=1, Value=1, Index=1)
    with sizes, pytest.raises(JsonValueError, match=message):
        read(found, type_of(variable))


def test_numbers_as_keys_of_an_object() -> None:
    from quorate.model.language.declare.types import MapType, NatType

    assert read({"10": "a"}, MapType((NatType(),), type_of("term"))) == FrozenMap({10: "a"})


def test_a_field_that_is_named_like_the_type() -> None:
    with pytest.raises(JsonValueError, match="it has a field `type`"):
        written(Record("Command", (("type", "x"),)))


def test_fields_may_come_in_any_order() -> None:
    fields = (("a", "a0"), ("b", "b1"), ("vb", "never"), ("v", None))
    with Paxos.sized(Acceptor=2, Ballot=2, Value=2):
        terms = Terms(describe(Paxos), {})
        for _ in range(2):
            sent = terms.messages(frozenset({Record("Promise", fields[::-1])}))
            assert sent == {Record("Promise", fields)}
