"""Logs held against models: what is explained, what is not and why, and what is no log at all."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.api._validate import ValidateResult
from quorate.checker.errors import InputError

SIZES = {"Acceptor": 3, "Ballot": 2, "Value": 2}

RUN: list[dict[str, Any]] = [
    {"event": "phase1a", "b": "b1"},
    {"event": "phase1b", "a": "a0", "b": "b1", "max_bal[a0]": "b1"},
    {"event": "phase1b", "a": "a1", "b": "b1"},
    {"event": "phase2a", "b": "b1", "v": "v0"},
    {"node": "a0", "event": "phase2b", "a": "a0", "max_val": "v0", "max_vbal": "b1"},
    {"node": "a1", "max_val": "v0"},
]


def written(folder: Path, lines: list[Any], name: str = "a.log") -> Path:
    path = folder / name
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def outcome(folder: Path, lines: list[Any], **options: Any) -> ValidateResult:
    options.setdefault("sizes", SIZES)
    return quorate.validate(written(folder, lines), "Paxos", **options)


def verdict(result: ValidateResult) -> str:
    return result.validation.verdict.value


def changed(lines: list[dict[str, Any]], at: int, **fields: Any) -> list[dict[str, Any]]:
    return [{**line, **fields} if k == at else line for k, line in enumerate(lines)]


def test_a_run_is_explained(tmp_path: Path) -> None:
    result = outcome(tmp_path, RUN)
    assert result.holds
    assert result.violation is None
    assert (result.validation.lines, result.validation.compared) == (6, 6)
    assert result.validation.steps == 6
    assert [s.steps for s in result.validation.run][-1] == ("phase2b(a=a1, b=b1, v=v0)",)


def test_a_wrong_value_is_located_and_explained(tmp_path: Path) -> None:
    result = outcome(tmp_path, changed(RUN, 4, max_vbal="b2"))
    found = result.validation.failure
    assert verdict(result) == "unexplained"
    assert found is not None
    assert found.place.line == 5
    assert result.validation.explained == 4
    nearest = found.attempts[0]
    assert nearest.step == "phase2b(a=a0, b=b1, v=v0)"
    assert nearest.possible
    assert [(d.place, d.model, d.log) for d in nearest.differences] == [
        ("max_vbal[a0]", "b1", "b2")
    ]
    assert len(repr(result).splitlines()) < 25


def test_the_guards_of_what_is_not_possible_are_shown(tmp_path: Path) -> None:
    result = outcome(tmp_path, [RUN[0], RUN[3]], hidden=0)
    found = result.validation.failure
    assert verdict(result) == "unexplained"
    assert found is not None
    nearest = found.attempts[0]
    assert not nearest.possible
    assert [g.held for g in nearest.guards] == [True, False, True]
    assert nearest.guards[1].text.startswith("require(all(any(")
    assert "✗ require(all(any(" in repr(result)


def test_what_is_left_out_is_found_with_hidden_steps(tmp_path: Path) -> None:
    without = [line for line in RUN if line["event" if "event" in line else "node"] != "phase1a"]
    result = outcome(tmp_path, without)
    assert verdict(result) == "inconclusive"
    assert "give --hidden 1" in str(result.validation.reason)
    assert verdict(outcome(tmp_path, without, hidden=0)) == "unexplained"
    assert verdict(outcome(tmp_path, without, hidden=1)) == "explained"
    assert verdict(outcome(tmp_path, [RUN[0], RUN[-1]], hidden=1)) == "unexplained"
    assert verdict(outcome(tmp_path, [RUN[0], RUN[-1]], hidden=2)) == "explained"


def test_a_node_that_is_alive_while_nothing_happens(tmp_path: Path) -> None:
    """Its line is of no step, and so in no way of those of other files."""
    alive = {"node": "a0", "event": None}
    assert outcome(tmp_path, [alive, *RUN[:2], {**alive, "max_bal": "b1"}, alive]).holds
    late = outcome(tmp_path, [RUN[0], {**alive, "max_bal": "b1"}, alive], hidden=0)
    assert verdict(late) == "unexplained" and late.validation.explained == 1
    without = outcome(tmp_path, [RUN[0], {"node": "a0", "max_bal": "b1"}, alive])
    assert without.holds and without.validation.steps == 2
    files = {f"{a}.log": [{"node": a, "event": None, "max_bal": "never"}] * 9 for a in ("a0", "a1")}
    assert merged(tmp_path, {**files, "p.log": [RUN[0]]}, most=1).holds


def test_messages_and_predicates(tmp_path: Path) -> None:
    accepted = {"tag": "Accepted", "a": "a0", "b": "b1", "v": "v0"}
    chosen = {"holds": {"chosen": {"v": "v0"}}}
    assert outcome(tmp_path, [*RUN, {"send": [accepted]}, chosen]).holds
    assert outcome(tmp_path, [*RUN, {"receive": accepted}]).holds
    for wrong in ({"holds": {"chosen": {"v": "v1"}}}, {"receive": {**accepted, "v": "v1"}}):
        result = outcome(tmp_path, [*RUN, wrong])
        assert verdict(result) == "unexplained"
        found = result.validation.failure
        assert found is not None
        assert found.place.line == 7
    assert verdict(outcome(tmp_path, [*RUN[:-1], chosen], hidden=0)) == "unexplained"


def test_messages_of_which_only_some_fields_are_known(tmp_path: Path) -> None:
    some = {"tag": "Accepted", "v": "v0"}
    assert outcome(tmp_path, [*RUN, {"send": some}]).holds
    result = outcome(tmp_path, [*RUN, {"receive": {**some, "v": "v1"}}])
    assert verdict(result) == "unexplained"
    assert "received" in repr(result) and "Accepted(v=v1)" in repr(result)


TWO = """
from quorate.model.language import *

class Node(Sort): ...
class Ask(Message):
    n: Node
class Tell(Message):
    n: Node

class Two(Protocol):
    asked: Messages[Ask]
    told: Messages[Tell] = at_most_once()

    @action
    def ask(self, n: Node) -> None:
        self.asked.add(Ask(n))

    @action
    def tell(self, m: Ask) -> None:
        require(Tell(m.n) not in self.told)
        self.told.add(Tell(m.n))
"""


def test_messages_of_several_variables(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(TWO)
    ask, tell = {"tag": "Ask", "n": "n0"}, {"tag": "Tell", "n": "n0"}
    lines = [{"event": "ask", "send": ask}, {"event": "tell", "receive": ask, "send": tell}]

    def held_against(lines: list[Any]) -> ValidateResult:
        path = written(tmp_path, lines)
        return quorate.validate(path, f"{tmp_path / 'two.py'}:Two", sizes={"Node": 2}, hidden=0)

    assert held_against([*lines, {"event": None, "told": [tell], "asked": [ask]}]).holds
    result = held_against([lines[0], {"event": "ask", "n": "n1", "send": tell}])
    assert verdict(result) == "unexplained" and "Tell(n=n0)" in repr(result)


def test_what_is_beyond_the_model_is_no_violation(tmp_path: Path) -> None:
    beyond = {"event": "phase1a", "b": "b3"}
    result = outcome(tmp_path, [*RUN, beyond, RUN[0], {"max_bal": {"a7": "b1"}}])
    assert verdict(result) == "inconclusive"
    assert [(p.line, why) for p, why in result.validation.beyond] == [
        (7, "b of phase1a: b3 is not among never, b1, b2, with Ballot=2"),
        (9, "the key of max_bal: a7 is not among a0, a1, a2, with Acceptor=3"),
    ]
    assert result.validation.explained == 6
    first = [RUN[0], {"max_bal[a0]": "b2"}, {"max_bal[a0]": "b1"}, beyond]
    assert verdict(outcome(tmp_path, first, hidden=0)) == "unexplained"


def test_nothing_is_no_pass(tmp_path: Path) -> None:
    assert verdict(outcome(tmp_path, [{"time": 1}], ignore=["time"])) == "inconclusive"
    still = outcome(tmp_path, [{"max_bal[a0]": "never"}])
    assert verdict(still) == "inconclusive"
    assert "nothing happens" in str(still.validation.reason)


def test_a_search_that_is_given_up_says_so(tmp_path: Path) -> None:
    lines = [RUN[0], {"max_vbal[a0]": "b2"}, {"max_vbal[a0]": "b1"}]
    result = outcome(tmp_path, lines, hidden=8, most=5)
    assert verdict(result) == "inconclusive"
    assert "given up after 5 states" in str(result.validation.reason)


# ---------------------------------------------------------------- several files


def merged(folder: Path, files: Mapping[str, list[Any]], **options: Any) -> ValidateResult:
    paths = [written(folder, lines, name) for name, lines in files.items()]
    return quorate.validate(paths, "Paxos", sizes=SIZES, **options)


def test_files_are_merged_in_any_order_that_explains_them(tmp_path: Path) -> None:
    files = {
        "a0.log": [RUN[1], {"event": "phase2b", "a": "a0", "b": "b1"}],
        "a1.log": [RUN[2]],
        "p.log": [RUN[0], RUN[3]],
    }
    assert merged(tmp_path, files).holds
    files["a0.log"].reverse()
    assert verdict(merged(tmp_path, files, hidden=0)) == "unexplained"


def racing(runs: int) -> dict[str, list[dict[str, Any]]]:
    """Two acceptors and two proposers, who take turns, as they wrote it: each for itself."""
    files: dict[str, list[dict[str, Any]]] = {name: [] for name in ("a0", "a1", "p0", "p1")}
    for n in range(1, runs + 1):
        b, proposer = f"b{n}", files[f"p{n % 2}"]
        proposer.append({"event": "phase1a", "b": b})
        for a in ("a0", "a1"):
            files[a].append({"event": "phase1b", "a": a, "b": b})
        proposer.append({"event": "phase2a", "b": b, "v": "v0"})
        for a in ("a0", "a1"):
            files[a].append({"event": "phase2b", "a": a, "b": b, "v": "v0"})
    return files


def test_files_that_race_for_messages_are_searched_without_branching(tmp_path: Path) -> None:
    """With one state more than there are lines the search is over."""
    sizes = {"Acceptor": 3, "Ballot": 8, "Value": 1}
    files = racing(8)
    paths = [written(tmp_path, lines, f"{name}.log") for name, lines in files.items()]
    result = quorate.validate(paths, "Paxos", sizes=sizes, most=1)
    assert result.holds and result.validation.lines == 48
    files["a1"][11]["max_vbal"] = {"a1": "b5"}
    written(tmp_path, files["a1"], "a1.log")
    found = quorate.validate(paths, "Paxos", sizes=sizes, most=3).validation
    assert found.verdict.value == "unexplained" and found.failure is not None
    assert (found.failure.place.file, found.failure.place.line) == (str(paths[1]), 12)


def test_where_a_search_that_is_given_up_branched(tmp_path: Path) -> None:
    files = {name: [dict(line) for line in lines] for name, lines in racing(2).items()}
    for line in (*files["a0"], *files["a1"]):
        del line["b"]
    files["p1"].append({"max_val": {"a0": "v0", "a1": "v1"}, "event": "phase1a", "b": "b1"})
    result = merged(tmp_path, {f"{n}.log": lines for n, lines in files.items()}, most=2)
    assert verdict(result) == "inconclusive"
    assert {str(p).rpartition("/")[2] for p, _ in result.validation.branched} >= {
        "a0.log:1, byte 0"
    }, result.validation.branched
    assert "more than one way to go on, most often" in repr(result)


def test_clocks_order_files(tmp_path: Path) -> None:
    early = {"node": "a1", "clock": {"a1": 1}, "max_bal": "never"}
    vote = {"node": "a1", "clock": {"a1": 2, "a0": 1}, "event": "phase1b", "a": "a1", "b": "b1"}
    start = {"node": "a0", "clock": {"a0": 1}, "event": "phase1a", "b": "b1"}
    assert merged(tmp_path, {"a0.log": [start], "a1.log": [early, vote]}).holds
    circle = {**start, "clock": {"a0": 1, "a1": 2}}
    with pytest.raises(InputError, match=r"a0\.log:1.*the clocks contradict"):
        merged(tmp_path, {"a0.log": [circle], "a1.log": [early, vote]})
    back = {**vote, "clock": {"a1": 1}}
    with pytest.raises(InputError, match="found 1 on the clock of a1, expected more than 1"):
        merged(tmp_path, {"a0.log": [start], "a1.log": [early, back]})


# ---------------------------------------------------------------- what is no log


GOOD = json.dumps(RUN[0])
NO_LOGS = {
    "": "is empty, expected one JSON object a line",
    "\n \n": "has blank lines only",
    f"{GOOD}\n[1]\n": r":2: byte 32: found `\[1\]`, expected a JSON object",
    f"{GOOD}{GOOD}\n": r":1: byte 31: found .* behind the object, .*; did two writers",
    f'{GOOD}\n{{"event": "pha{GOOD}\n': r":2: byte 48: found `event\": .*`",
    '{"event": phase1a}\n': r":1: byte 10: found `phase1a}`, expected value",
    '{"a": 1, "a": 2}\n': ':1: byte 0: found the key "a" twice in one object',
    '{"a": NaN}\n': ":1: byte 0: found NaN, expected a JSON object",
    f'{GOOD}\n{{"event": "phase1a", "b"': ":2: byte 56: ends after 24 bytes, inside a JSON object",
    '{"event": "phase9"}\n': ":1: byte 0: found the event phase9, .*; did you mean phase",
    '{"event": "phase1a", "b": "x1"}\n': "b of phase1a: found the text 'x1', expected one of never",
    '{"event": "phase1a", "c": "b1"}\n': "found the key c; expected one of max_bal",
    '{"event": 1}\n': "event: found 1, expected the action",
    '{"max_bal": "b1"}\n': "max_bal: found the text 'b1', expected an object by Acceptor",
    '{"max_bal[a0]": 3}\n': r"max_bal\[a0\]: found the number 3, expected one of never, b1, b2",
    '{"max_bal[zz]": "b1"}\n': "the key of max_bal: found the text 'zz', expected one of a0, a1",
    '{"node": "zz", "max_bal": "b1"}\n': "found the node 'zz', expected one of",
    '{"holds": {"chosn": {}}}\n': "found the predicate chosn, .*; did you mean chosen",
    '{"send": {"tag": "Prepar"}}\n': 'found a message .*Prepar.*, expected a "tag" of Prepare',
    '{"send": {"tag": "Prepare", "c": 1}}\n': r"found Prepare\(c\), expected Prepare\(b\)",
    '{"sent": [{"tag": "Prepare"}]}\n': r"found Prepare\(\), expected Prepare\(b\)",
    '{"len(max_bal[a0])": 1}\n': r"len\(max_bal\[a0\]\): it is a Ballot, which has no length",
    '{"len(maxbal)": 1}\n': r"found the key len\(maxbal\); expected one of max_bal",
    '{"clock": {"a0": 1}, "max_bal[a0]": "b1"}\n': "found a clock without a node",
    "[" * 100_000 + "\n": "nested too deeply",
}


@pytest.mark.parametrize("text", NO_LOGS, ids=range(len(NO_LOGS)))
def test_what_is_no_log_is_an_error_with_its_place(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(text)
    with pytest.raises(InputError, match=NO_LOGS[text]) as caught:
        quorate.validate(path, "Paxos", sizes=SIZES)
    assert caught.value.file == str(path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(GOOD.encode() + b"\n" + b'{"event": "\xff"}\n')
    with pytest.raises(InputError, match=r"a\.log:2: byte 43: found the byte 0xff, expected UTF-8"):
        quorate.validate(path, "Paxos", sizes=SIZES)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(GOOD.encode()), "byte 0: found compressed by gzip, expected JSON lines"),
        (lzma.compress(GOOD.encode()), "byte 0: found compressed by xz"),
        (b"PK\x03\x04", "byte 0: found a zip archive"),
        (f"{GOOD}\n".encode("utf-8-sig"), "byte 0: found text with a byte order mark"),
        (f"{GOOD}\n".encode("utf-16"), "byte 0: found text in UTF-16"),
        (b"\x00\x01\n", r"byte 0: found `\\x00\\x01`, expected value"),
        (b'{"event": "' + b"x" * 1_000_000 + b'"}\n', r"byte 0: found the event x{400,500}…$"),
        (f"{GOOD}\nnull\n".encode(), ":2: byte 32: found `null`, expected a JSON object"),
        (b'{"max_bal[a0]": 1e400}\n', "found the number inf, expected one of never"),
    ],
    ids=range(9),
)
def test_files_of_other_kinds(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        quorate.validate(path, "Paxos", sizes=SIZES)


def test_what_is_no_file(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path, "is a directory, expected a log"),
        (tmp_path / "none.log", "no such file"),
        (Path("/dev/null"), "is not a regular file"),
    ):
        with pytest.raises(InputError, match=message):
            quorate.validate(path, "Paxos", sizes=SIZES)


def test_a_line_is_cut_only_by_a_declared_crash(tmp_path: Path) -> None:
    cut = tmp_path / "a0.log"
    cut.write_text('{"node": "a0", "event": "phase1b", "a": "a0", "b": "b1"}\n{"node": "a0", "ev')
    others = written(tmp_path, [RUN[0], {"crash": "a0"}], "p.log")
    quiet = written(tmp_path, [RUN[0]], "q.log")
    result = quorate.validate([cut, others], "Paxos", sizes=SIZES)
    assert result.holds
    assert [p.line for p in result.validation.torn] == [2]
    assert quorate.validate([cut, quiet], "Paxos", sizes=SIZES, crashed=[cut]).holds
    with pytest.raises(InputError, match=r"a0\.log:2: byte 75: .*no crash is declared"):
        quorate.validate([cut, quiet], "Paxos", sizes=SIZES)
    cut.write_text('{"node": "a0", "ev\n{"crash": "a0"}\n')
    assert quorate.validate([cut, quiet], "Paxos", sizes=SIZES).holds
    cut.write_text('{"node": "a0", "ev\n{"node": "a0", "max_bal": "never"}\n{"crash": "a0"}\n')
    with pytest.raises(InputError, match=r"a0\.log:1: .*declared directly after it"):
        quorate.validate([cut, quiet], "Paxos", sizes=SIZES)


def test_faults_happen_as_often_as_the_log_has_them(tmp_path: Path) -> None:
    sizes = {"Proposer": 1, "Acceptor": 1, "Learner": 1, "Ballot": 1, "Value": 1}
    crash = {"event": "crash_acceptor", "a": "a0"}
    path = written(tmp_path, [{"event": "prepare", "p": "p0", "b": "b1"}, crash, crash])
    assert quorate.validate(path, "PaxosRoles", sizes=sizes).holds
    spent = quorate.validate(path, "PaxosRoles", sizes=sizes, faults={"crash": 1})
    assert verdict(spent) == "inconclusive"
    assert "budget of faults" in str(spent.validation.reason)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": -1}, "hidden: found -1"),
        ({"crashed": ["b.log"]}, "b.log: is said to be cut by a crash, but is none of the logs"),
        ({"mapping": "clustr"}, "clustr: no such mapping; .* or one of cluster, etcd-raft"),
        ({"mapping": "cluster", "ignore": ["x"]}, "ignore is for logs in the model's terms"),
    ],
)
def test_options_that_cannot_be_used(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        outcome(tmp_path, RUN, **options)
