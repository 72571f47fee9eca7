"""Lines as etcd's raft traces them, written by hand: an election among three nodes, an entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.api._validate import ValidateResult

NODES = ("1", "2", "3")


def line(
    name: str, nid: str, term: int, vote: str, role: str, log: int = 3, commit: int = 3, **more: Any
) -> dict[str, Any]:
    state = {"term": term, "vote": vote, "commit": commit if term else 0}
    event = {"name": name, "nid": nid, "state": state, "role": f"State{role}", "log": log, **more}
    return {"level": "debug", "tag": "trace", "event": event}


def message(kind: str, source: str, to: str, *, reject: bool = False) -> dict[str, Any]:
    term = {"logTerm": 1, "index": 3} if kind == "MsgVote" else {"logTerm": 0, "index": 0}
    return {"type": kind, "term": 2, "from": source, "to": to, "reject": reject, **term}


def replication() -> list[dict[str, Any]]:
    """The leader's first entry: sent to node 3, acknowledged, committed."""

    def asking(index: int, entries: int, commit: int) -> dict[str, Any]:
        found = {"type": "MsgApp", "term": 2, "from": "2", "to": "3", "reject": False}
        more = {"index": index, "entries": entries, "commit": commit}
        return found | more | {"logTerm": 1 if index == 3 else 2}

    def answer(index: int) -> dict[str, Any]:
        found = {"type": "MsgAppResp", "term": 2, "from": "3", "to": "2", "reject": False}
        return found | {"index": index, "entries": 0, "commit": 0, "logTerm": 0}

    def leader(name: str, log: int, commit: int, **more: Any) -> dict[str, Any]:
        return line(name, "2", 2, "2", "Leader", log, commit, **more)

    def follower(name: str, log: int, commit: int, **more: Any) -> dict[str, Any]:
        return line(name, "3", 2, "2", "Follower", log, commit, **more)

    first, second = asking(3, 1, 3), asking(4, 0, 4)
    return [
        leader("SendAppendEntriesRequest", 4, 3, msg=first),
        follower("ReceiveAppendEntriesRequest", 3, 3, msg=first),
        follower("SendAppendEntriesResponse", 4, 3, msg=answer(4)),
        leader("ReceiveAppendEntriesResponse", 4, 3, msg=answer(4)),
        leader("Commit", 4, 4),
        leader("SendAppendEntriesRequest", 4, 4, msg=second),
        follower("ReceiveAppendEntriesRequest", 4, 3, msg=second),
        follower("SendAppendEntriesResponse", 4, 4, msg=answer(4)),
        leader("ReceiveAppendEntriesResponse", 4, 4, msg=answer(4)),
    ]


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
    return quorate.validate(path, "Raft", mapping="etcd-raft", **options)


def test_an_election_is_a_run(tmp_path: Path) -> None:
    result = outcome(tmp_path, election())
    assert result.holds, result
    assert dict(result.sizes) == {"Server": 3, "Term": 1, "Index": 1, "Value": 1}
    steps = [step for x in result.validation.run for step in x.steps]
    assert [s.partition("(")[0] for s in steps] == [
        "timeout",
        "step_down",
        "grant",
        "receive_vote",
        "lead",
        "request",
    ]


def test_entries_are_sent_acknowledged_and_committed(tmp_path: Path) -> None:
    result = outcome(tmp_path, [*election(), *replication()])
    assert result.holds, result
    steps = [step for x in result.validation.run for step in x.steps][6:]
    assert [s.partition("(")[0] for s in steps] == [
        "append",
        "receive_append",
        "receive_ack",
        "advance_commit",
        "append",
        "receive_append",
    ]


@pytest.mark.parametrize(
    ("at", "field", "place"),
    [(2, "log", "len(log[s2])  1      2"), (7, "commit", "commit[s2]  1      2")],
)
def test_a_wrong_length_or_commit_index_is_located(
    at: int, field: str, place: str, tmp_path: Path
) -> None:
    lines = replication()
    event = lines[at]["event"]
    (event if field == "log" else event["state"])[field] += 1
    result = outcome(tmp_path, [*election(), *lines])
    found = result.validation.failure
    assert result.validation.verdict.value == "unexplained"
    assert found is not None
    assert found.place.line == len(election()) + at + 1
    assert place in repr(result)


def test_a_commit_that_no_quorum_holds_is_no_run(tmp_path: Path) -> None:
    lines = replication()
    del lines[2:4]
    result = outcome(tmp_path, [*election(), *lines], hidden=0)
    found = result.validation.failure
    assert result.validation.verdict.value == "unexplained"
    assert found is not None
    assert found.attempts[0].step == "advance_commit(s=s1, n=1)"


def test_a_heartbeat_that_commits_is_compared_in_part(tmp_path: Path) -> None:
    lines = [*election(), *replication()[:-4]]
    beat = {"type": "MsgHeartbeatResp", "term": 2, "from": "3", "to": "2", "reject": False}
    lines.append(line("SendAppendEntriesResponse", "3", 2, "2", "Follower", 4, 4, msg=beat))
    result = outcome(tmp_path, lines)
    assert result.holds, result
    assert [what for _, what in result.validation.left_out] == [
        "a heartbeat moves the commit index"
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


CHANGE = line("ApplyConfChange", "2", 2, "2", "Leader", 4, prop={"cc": {"newconf": [*NODES, "4"]}})


def test_lines_after_a_change_of_members_are_judged(tmp_path: Path) -> None:
    """All but commit indices, for which other members count, and the lines of other nodes."""
    lines = replication()
    lines[4:5] = [CHANGE, lines[4], line("InitState", "4", 0, "0", "Follower", 0)]
    result = outcome(tmp_path, [*election(), *lines])
    assert result.validation.verdict.value == "inconclusive"
    first = len(election())
    assert [(p.line, why.partition(":")[0]) for p, why in result.validation.beyond] == [
        (first + 5, "the membership changes, which it does not in the model"),
        (first + 7, "node 4 is none of the first members, which the model has"),
    ]
    assert result.validation.explained == result.validation.lines
    steps = [step for x in result.validation.run for step in x.steps]
    assert [s.partition("(")[0] for s in steps][-2:] == ["append", "receive_append"]
    lines[-1]["event"]["log"] += 1
    found = outcome(tmp_path, [*election(), *lines]).validation
    assert found.verdict.value == "unexplained" and found.failure is not None
    assert found.failure.place.line == first + len(lines)


def test_who_is_sent_a_snapshot_is_not_followed_any_more(tmp_path: Path) -> None:
    snapshot = {**message("MsgSnap", "2", "3"), "entries": 0, "commit": 3}
    sent = line("SendAppendEntriesRequest", "2", 2, "2", "Leader", 4, msg=snapshot)
    after = line("Ready", "3", 2, "2", "Follower", 9, 9)
    result = outcome(tmp_path, [*election(), sent, after, *replication()[3:4]])
    (_, why), *more = result.validation.beyond
    assert why == "a snapshot is sent to node 3: from here on its log is not the model's"
    assert more == []
    assert len(result.validation.left_out) == 2
    assert result.validation.explained == result.validation.lines


def test_an_election_among_other_members_ends_what_is_judged(tmp_path: Path) -> None:
    candidate = line("BecomeCandidate", "3", 3, "3", "Candidate")
    result = outcome(tmp_path, [*election(), CHANGE, candidate, election()[-1]])
    assert result.validation.verdict.value == "inconclusive"
    assert [why for _, why in result.validation.beyond][1:] == [
        "there is an election among other members than the model's",
        "it follows on what is beyond the model: "
        "there is an election among other members than the model's",
    ]
    assert result.validation.explained == len(election()) + 1
