"""A replica over its disk: records are durable before anything that depends on them leaves."""

from __future__ import annotations

from contextlib import ExitStack, closing
from random import Random

import pytest

from quorate.impl.durable.record_log import RecordLog
from quorate.impl.envelope import Envelope
from quorate.impl.errors import ImplError, StorageError, WireError
from quorate.impl.raft import (
    AppendEntries,
    PreVoteGranted,
    RequestPreVote,
    RequestVote,
    SuffixRecord,
    TermRecord,
    VoteGranted,
)
from quorate.impl.raft.system import RAFT
from quorate.impl.replicated.host import ReplicaHost
from quorate.impl.store import Completed, Put, Submission

SERVERS = ("n0", "n1", "n2")


class Stage:
    """A host whose disk and network note in one list what happens, in order."""

    def __init__(self, path, held, servers=SERVERS):
        self.noted = []
        self.log = held.enter_context(closing(RecordLog(path, RAFT.records)))
        self.append, self.log.append = self.log.append, self.write
        self.full = False
        self.host = ReplicaHost(
            RAFT, "n0", servers, self.log, self.noted.append, Random(1), self.passed
        )

    def write(self, records):
        if self.full:
            raise StorageError("the disk is full")
        self.append(records)
        self.noted.append(list(records))

    def passed(self, point):
        self.noted.append(point)

    def until(self, reached):
        """Turns of one tick each."""
        while not reached():
            self.host.pass_time(1)
            self.host.fire_timers()
            self.host.end_turn()


@pytest.fixture
def held():
    with ExitStack() as stack:
        yield stack


def kinds(noted):
    return [
        type(each.body) if isinstance(each, Envelope) else "durable"
        for each in noted
        if not isinstance(each, str)
    ]


def standing(stage):
    """It stands for election once another one would vote for it."""
    stage.until(lambda: kinds(stage.noted) == [RequestPreVote] * 2)
    stage.noted.clear()
    stage.host.take(Envelope("n1", "n0", PreVoteGranted(0, "n1", "n0")))
    stage.host.end_turn()


def leading(path, held):
    """A host that has just been elected; what it noted until then is forgotten."""
    stage = Stage(path, held)
    standing(stage)
    stage.host.take(Envelope("n1", "n0", VoteGranted(1, "n1", "n0")))
    stage.host.end_turn()
    assert stage.host.status().leader == "n0"
    stage.noted.clear()
    return stage


def test_nothing_is_sent_before_the_records_of_the_turn_are_durable(tmp_path, held):
    stage = Stage(tmp_path / "db", held)
    standing(stage)
    assert kinds(stage.noted) == ["durable", RequestVote, RequestVote]
    stage.host.take(Envelope("n1", "n0", VoteGranted(1, "n1", "n0")))
    assert kinds(stage.noted) == ["durable", RequestVote, RequestVote]  # until the turn ends
    stage.host.end_turn()
    assert kinds(stage.noted)[3:] == ["durable", AppendEntries, AppendEntries]


def test_the_records_of_a_turn_are_one_write(tmp_path, held):
    stage = leading(tmp_path / "db", held)
    for client in ("c", "d", "e"):
        stage.host.take(Envelope(client, "n0", Submission(client, 1, Put("k", client))))
    stage.host.end_turn()
    written = [noted for noted in stage.noted if isinstance(noted, list)]
    assert [[type(record) for record in records] for records in written] == [[SuffixRecord] * 3]
    sent = [noted for noted in stage.noted if isinstance(noted, Envelope)]
    assert kinds(stage.noted) == ["durable", AppendEntries, AppendEntries]  # not six of them
    assert [len(envelope.body.entries) for envelope in sent] == [4, 4]  # and the no-op


def test_a_decision_costs_one_round_trip_and_two_messages_for_each_other_server(tmp_path, held):
    """In the steady state: out to the others, and back; the first answer is enough."""
    mail = []
    hosts = {
        name: ReplicaHost(
            RAFT,
            name,
            SERVERS,
            held.enter_context(closing(RecordLog(tmp_path / name, RAFT.records))),
            mail.append,
            Random(1),
        )
        for name in SERVERS
    }

    def carry():
        """One trip of all messages between servers; returns how many, and what clients get."""
        under_way, mail[:] = list(mail), []
        for envelope in under_way:
            if envelope.dst in hosts:
                hosts[envelope.dst].take(envelope)
        for host in hosts.values():
            host.end_turn()
        return len(under_way), [envelope for envelope in mail if envelope.dst == "c"]

    leader = hosts["n0"]
    while leader.status().role != "leader" or mail:
        if not mail and leader.status().role != "leader":
            leader.pass_time(1)
            leader.fire_timers()
            leader.end_turn()
        carry()
    for number in (1, 2):
        leader.take(Envelope("c", "n0", Submission("c", number, Put("k", "v"))))
        leader.end_turn()
        assert carry() == (2, [])  # out
        count, answers = carry()  # and back
        assert count == 2
        assert [answer.body.sequence for answer in answers] == [number]
        assert leader.status().commit == number + 1
        mail.clear()


def test_a_turn_that_persists_nothing_does_not_touch_the_disk(tmp_path, held):
    stage = leading(tmp_path / "db", held)
    stage.full = True
    stage.until(lambda: kinds(stage.noted) == [AppendEntries] * 2)  # a heartbeat
    assert stage.host.sent == {"request-pre-vote": 2, "request-vote": 2, "append-entries": 4}


def test_a_full_disk_sends_nothing_and_is_the_end(tmp_path, held):
    stage = leading(tmp_path / "db", held)
    stage.full = True
    stage.host.take(Envelope("c", "n0", Submission("c", 1, Put("k", "v"))))
    with pytest.raises(StorageError, match="full"):
        stage.host.end_turn()
    assert stage.noted == []
    with pytest.raises(ImplError, match="must be restarted from its disk"):
        stage.host.end_turn()


def test_a_restart_goes_on_from_the_disk(tmp_path, held):
    with ExitStack() as first:
        stage = Stage(tmp_path / "db", first, ["n0"])
        stage.until(lambda: stage.host.status().leader == "n0")
        stage.host.take(Envelope("c", "n0", Submission("c", 1, Put("k", "v"))))
        stage.host.end_turn()
        assert isinstance(stage.noted[-1].body, Completed)
    again = Stage(tmp_path / "db", held, ["n0"])
    assert again.host.status().term == 1 and again.host.status().commit == 0
    again.until(lambda: again.host.status().leader == "n0")
    assert again.host.status().applied == 3  # a no-op of each leader, and the command


def test_a_long_history_is_replaced(tmp_path, held, monkeypatch):
    monkeypatch.setattr("quorate.impl.durable.record_log.LEAST_BYTES", 1000)
    stage = Stage(tmp_path / "db", held, ["n0"])
    stage.until(lambda: stage.host.status().leader == "n0")
    for number in range(1, 51):
        stage.host.take(Envelope("c", "n0", Submission("c", number, Put("k", "v"))))
        stage.host.end_turn()
    records = stage.log.load()
    assert len(records) < 45
    assert records[0] == TermRecord(1, "n0")
    assert sum(len(r.entries) for r in records if isinstance(r, SuffixRecord)) == 51


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope("c", "n0", VoteGranted(1, "n1", "n0")),
        Envelope("n1", "n0", Submission("n1", 1, Put("k", "v"))),
        Envelope("n1", "n0", Completed(1, None)),
    ],
)
def test_who_may_not_say_it_is_refused(tmp_path, held, envelope):
    with pytest.raises(WireError, match="may not send a"):
        Stage(tmp_path / "db", held).host.take(envelope)
