"""The client: one command at a time, under one number until it is answered."""

from __future__ import annotations

from itertools import pairwise

import pytest

from quorate.impl.errors import ProtocolRefusal
from quorate.impl.outputs import Send
from quorate.impl.replicated.client import Client
from quorate.impl.store import Answered, Completed, Get, Put, Redirected, Submission

PUT = Put("x", "1")


def test_a_command_is_repeated_elsewhere_under_its_number():
    client = Client("c", ["a", "b"])
    submission = Submission("c", 1, PUT)
    sent = [client.begin(PUT), client.repeat(), client.repeat()]
    assert sent == [Send("a", submission), Send("b", submission), Send("a", submission)]


def test_an_answer_ends_it_and_the_next_command_has_the_next_number():
    client = Client("c", ["a", "b"])
    client.begin(PUT)
    assert client.receive(Completed(1, Answered(None))) == Answered(None)
    assert client.receive(Completed(1, Answered(None))) is None
    assert client.begin(Get("x")) == Send("a", Submission("c", 2, Get("x")))
    assert client.receive(Completed(1, Answered(None))) is None
    assert client.waiting == Submission("c", 2, Get("x"))


def test_a_leader_that_is_named_is_asked_now_and_from_now_on():
    client = Client("c", ["a", "b"])
    client.begin(PUT)
    assert client.receive(Redirected(1, None)) is None
    assert client.receive(Redirected(1, "b")) == Send("b", Submission("c", 1, PUT))
    client.give_up()
    assert client.receive(Redirected(1, "a")) is None
    assert client.begin(PUT) == Send("b", Submission("c", 2, PUT))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_every_server_is_asked_whomever_others_name(n):
    """The old leader is silent, and b, cut off with it, goes on naming it."""
    servers = "abcde"[:n]
    client = Client("c", servers)
    asked = [client.begin(PUT).dst]
    for _ in range(2 * n):
        asked.append(client.repeat().dst)
        if asked[-1] == "b":
            asked.append(client.receive(Redirected(1, "a")).dst)
    assert set(asked) == set(servers)
    assert all(one != other for one, other in pairwise(asked))


def test_what_it_may_not_do_is_refused():
    client = Client("c", ["a"])
    with pytest.raises(ProtocolRefusal, match="c waits for nothing"):
        client.repeat()
    client.begin(PUT)
    with pytest.raises(ProtocolRefusal, match="c still waits for number 1"):
        client.begin(PUT)
