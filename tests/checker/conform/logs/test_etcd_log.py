"""Lines as etcd's raft traces them, written by hand: an election among three nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import quorate
from quorate.checker.api._validate import ValidateResult

NODES = ("1", "2", "3")


def line(name: str, nid: str, term: int, vote: str, role: str, **more: Any) -> dict[str, Any]:
    state = {"term": term, "vote": vote, "commit": 3 if term else 0}
    event = {"name": name, "nid": nid, "state": state, "role": f"State{role}", "log": 3, **more}
    return {"level": "debug", "tag": "trace", "event": event}


def message(kind: str, source: str, to: str, *, reject: bool = False) -> dict[str, Any]:
    term = {"logTerm": 1, "index": 3} if kind == "MsgVote" else {"logTerm": 0, "index": 0}
    return {"type": kind, "term": 2, "from": source, "to": to, "reject": reject, **term}


def set_up(nid: str) -> list[dict[str, Any]]:
    found = [
        line("InitState", nid, 0, "0", "Follower"),
        line("BecomeFollower", nid, 1, "0", "Follower"),
    ]
    for k in range(1, 4):
        changed = {"cc": {"newconf": list(NODES[:k])}}
        found.append(line("ApplyConfChange", nid, 1, "0", "Follower", prop=changed))
    return found


def election() -> list[dict[str, Any]]:
    found = [x for nid in NODES for x in set_up(nid)]
    found += [line("Ready", nid, 1, "0", "Follower") for nid in NODES]
    found.append(line("BecomeCandidate", "2", 2, "2", "Candidate"))
    for to in ("1", "3"):
        asked = message("MsgVote", "2", to)
        found.append(line("SendRequestVoteRequest", "2", 2, "2", "Candidate", msg=asked))
    asked, given = message("MsgVote", "2", "3"), message("MsgVoteResp", "3", "2")
    found += [
        line("ReceiveRequestVoteRequest", "3", 1, "0", "Follower", msg=asked),
        line("BecomeFollower", "3", 2, "0", "Follower"),
        line("SendRequestVoteResponse", "3", 2, "0", "Follower", msg=given),
        line("Ready", "3", 2, "2", "Follower"),
        line("ReceiveRequestVoteResponse", "2", 2, "2", "Candidate", msg=given),
        line("BecomeLeader", "2", 2, "2", "Leader"),
        line("Replicate", "2", 2, "2", "Leader"),
    ]
    return found


def outcome(folder: Path, lines: list[dict[str, Any]], **options: Any) -> ValidateResult:
    path = folder / "trace.ndjson"
    path.write_text("".join(f"{json.dumps(x)}\n" for x in lines))
    return quorate.validate(path, "RaftElection", mapping="etcd-raft", **options)


def test_an_election_is_a_run(tmp_path: Path) -> None:
    result = outcome(tmp_path, election())
    assert result.holds, result
    assert dict(result.sizes) | {"Server": 3, "Term": 1} == dict(result.sizes)
    steps = [step for x in result.validation.run for step in x.steps]
    assert [s.partition("(")[0] for s in steps] == [
        "timeout",
        "step_down",
        "grant",
        "receive_vote",
        "lead",
    ]


def test_a_leader_without_votes_is_no_run(tmp_path: Path) -> None:
    lines = election()
    del lines[-3]
    result = outcome(tmp_path, lines, hidden=0)
    found = result.validation.failure
    assert result.validation.verdict.value == "unexplained"
    assert found is not None
    assert found.place.line == len(lines) - 1
    assert [g.held for g in found.attempts[0].guards] == [True, False]


def test_one_wrong_number_is_located(tmp_path: Path) -> None:
    lines = election()
    lines[-1]["event"]["state"]["vote"] = "3"
    result = outcome(tmp_path, lines)
    assert result.violation is not None
    assert "voted_for[s1]  s1     s2" in repr(result)


def test_what_the_model_does_not_have_is_beyond_it(tmp_path: Path) -> None:
    change = line("ApplyConfChange", "2", 2, "2", "Leader", prop={"cc": {"newconf": [*NODES, "4"]}})
    result = outcome(tmp_path, [*election(), change])
    assert result.validation.verdict.value == "inconclusive"
    assert [why for _, why in result.validation.beyond] == [
        "the membership changes, which the model does not have"
    ]
