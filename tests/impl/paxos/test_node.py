"""A node carries outputs out in order; a crash after a persist costs a message only."""

from __future__ import annotations

import pytest

from quorate.impl.envelope import Envelope
from quorate.impl.errors import ImplError, StorageError
from quorate.impl.paxos import (
    Accept,
    Accepted,
    AcceptorRecord,
    Ask,
    Ballot,
    Learned,
    Nack,
    Prepare,
    Promise,
    Request,
    Vote,
)
from quorate.impl.paxos.learner import CATCH_UP
from quorate.impl.paxos.node import PATIENCE, ROUTES, Node
from quorate.impl.paxos.storage import MemoryStore

MEMBERS = ("n0", "n1", "n2")
B1 = Ballot(1, "n1")


class Recorder:
    """Services and a store that note the order of what they are asked for."""

    def __init__(self, store=None):
        self.disk = MemoryStore() if store is None else store
        self.done = []
        self.fails_after_save = False

    def send(self, envelope):
        self.done.append(("send", envelope.dst, envelope.body))

    def set_timer(self, name, delay_s):
        self.done.append(("timer", name))

    def committed(self, value):
        self.done.append(("committed", value))

    def load(self, key):
        return self.disk.load(key)

    def save(self, key, record):
        self.disk.save(key, record)
        self.done.append(("save", key))
        if self.fails_after_save:
            raise StorageError("the power is gone.")

    def close(self):
        self.disk.close()

    def sent(self, kind):
        return [(step[1], step[2]) for step in self.done if isinstance(step[-1], kind)]


def node(recorder, name="n0"):
    return Node(name, MEMBERS, recorder, recorder)


def tell(made, body, src="n1"):
    made.deliver(Envelope(src, made.name, body))


def test_a_promise_is_saved_before_it_is_sent():
    recorder = Recorder()
    tell(node(recorder), Prepare(B1))
    assert recorder.done == [("save", "acceptor"), ("send", "n1", Promise(B1, "n0", None))]


@pytest.mark.parametrize("message", [Prepare(Ballot(2, "n1")), Accept(Ballot(2, "n1"), "y")])
def test_a_crash_between_persist_and_send_loses_the_reply_only(message):
    recorder = Recorder()
    made = node(recorder)
    recorder.fails_after_save = True
    with pytest.raises(StorageError):
        tell(made, message)
    assert recorder.done == [("save", "acceptor")]
    with pytest.raises(ImplError, match="n0 has failed and must be restarted"):
        tell(made, message)
    again = Recorder(recorder.disk)
    made = node(again)
    tell(made, Prepare(B1))
    assert again.sent(Nack) == [("n1", Nack(B1, "n0", Ballot(2, "n1")))]
    tell(made, message)
    assert again.sent(Promise | Accepted), "the duplicate is answered as the first would have been"
    assert ("save", "acceptor") not in again.done


def test_own_messages_never_touch_the_network():
    recorder = Recorder()
    made = node(recorder)
    made.request("x")
    assert [dst for dst, _ in recorder.sent(Prepare)] == ["n1", "n2"]
    assert made.proposer.promises == {"n0"}
    tell(made, Promise(Ballot(1, "n0"), "n1", None))
    assert [dst for dst, _ in recorder.sent(Accept)] == ["n1", "n2"]
    assert made.learner.tally == {Ballot(1, "n0"): {"n0"}}
    tell(made, Accepted(Ballot(1, "n0"), "n2", "x"), "n2")
    assert recorder.done[-2:] == [("save", "learner"), ("committed", "x")]
    assert made.proposer.wanted is None


def test_a_single_node_decides_alone():
    recorder = Recorder()
    Node("n0", ("n0",), recorder, recorder).request("x")
    assert recorder.done[-1] == ("committed", "x")


def test_clients_hear_the_decision_once_known():
    recorder = Recorder()
    made = node(recorder)
    tell(made, Request("x"), "client")
    assert recorder.sent(Learned) == []
    tell(made, Learned("other"))
    assert recorder.sent(Learned) == [("client", Learned("other"))]
    tell(made, Request("x"), "late client")
    assert recorder.sent(Learned)[-1] == ("late client", Learned("other"))


def test_a_silent_node_with_a_vote_drives_it_to_its_end():
    recorder = Recorder()
    recorder.disk.save("acceptor", AcceptorRecord(B1, Vote(B1, "x")))
    made = node(recorder)
    made.start()
    for _ in range(PATIENCE):
        assert recorder.sent(Prepare) == []
        made.timeout(CATCH_UP)
    assert len(recorder.sent(Ask)) == 2 * (PATIENCE + 1)
    assert made.proposer.wanted == "x"
    assert recorder.sent(Prepare) != []


def test_a_silent_node_without_a_vote_only_asks():
    recorder = Recorder()
    made = node(recorder)
    made.start()
    for _ in range(10):
        made.timeout(CATCH_UP)
    assert recorder.sent(Prepare) == []


def test_a_restarted_node_tells_what_it_knew():
    recorder = Recorder()
    tell(node(recorder), Learned("x"))
    again = Recorder(recorder.disk)
    node(again).start()
    assert again.done == [("committed", "x")]


def test_every_message_has_one_receiver():
    assert set(ROUTES.values()) == {"proposer", "acceptor", "learner"}
    assert set(ROUTES) == {Prepare, Accept, Promise, Nack, Accepted, Ask, Learned}
