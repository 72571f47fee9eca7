"""Code with sockets, as it is: what it sends waits on a wire until it is delivered."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import quorate
from quorate import kit
from quorate.checker.conform.kit.shared import of_each
from quorate.model.language import (
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Sort,
    action,
    at_most_once,
    durable,
    require,
)

from . import with_sockets
from .with_sockets import Acceptor, Gossip, LineServer, Loop, Proposer

PORTS = {"a0": 9000, "a1": 9001}


@contextmanager
def cut_from_the_world() -> Iterator[None]:
    """The modules of the code, and the library's server, have other sockets for a while."""
    modules = (with_sockets, socketserver)
    before = [dict(vars(module)) for module in modules]
    lock = Acceptor.lock
    kit.stand_in(*modules)
    try:
        yield
    finally:
        Acceptor.lock = lock
        for module, names in zip(modules, before, strict=True):
            vars(module).update(names)


@pytest.fixture(autouse=True)
def _standing_in() -> Iterator[None]:
    with cut_from_the_world():
        yield


def shown(data: bytes, source: str, target: str) -> kit.Record:
    ((what, ballot),) = json.loads(data).items()
    return kit.record(what, b=ballot, of=source, to=target)


def message(what: str, b: int, of: str, to: str) -> kit.Record:
    return kit.record(what, b=b, of=of, to=to)


def paxos() -> tuple[kit.Net, kit.Processes[Any]]:
    net = kit.Net(shown)

    def new(name: str) -> Any:
        return Acceptor(PORTS[name]) if name in PORTS else Proposer([*PORTS.values()])

    return net, kit.Processes(["a0", "a1", "p"], new, host=net.hosts())


def test_a_message_waits_until_it_is_delivered_once() -> None:
    net, nodes = paxos()
    nodes.call("p", Proposer.prepare, 3)
    assert net.taken() == {message("prepare", 3, "p", a) for a in PORTS}
    net.deliver(message("prepare", 3, "p", "a0"), "a0")
    assert nodes["a0"].promised == 3 and nodes["a1"].promised == 0
    promise = message("promise", 3, "a0", "p")
    assert net.taken() == {promise} and nodes["p"].heard == []
    net.deliver(promise)
    assert nodes["p"].heard == [{"promise": 3}]
    with pytest.raises(kit.Unrealisable, match="promise was delivered, or lost"):
        net.deliver(promise)
    with pytest.raises(kit.Unrealisable, match="has sent no promise like this"):
        net.deliver(message("promise", 3, "a1", "p"))
    nodes.hosts["p"].advance(5)
    assert nodes["p"].heard == [{"promise": 3}, "TimeoutError"]
    nodes.close()


class Proposing(Sort, size=1): ...


class Voter(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Prepare(Message, link=("p", "a")):
    p: Proposing
    a: Voter
    b: Ballot


class Promise(Message, link=("a", "p")):
    a: Voter
    p: Proposing
    b: Ballot


class Promises(Protocol):
    """Phase 1 over connections: each message is delivered once."""

    promised: Map[Voter, Ballot] = durable(Ballot.never)
    begun: Map[Ballot, bool] = durable(False)
    sent: Messages[Prepare, Promise] = at_most_once()

    @action
    def prepare(self, p: Proposing, b: Ballot) -> None:
        require(not self.begun[b])
        self.begun[b] = True
        for a in Voter:
            self.sent.add(Prepare(p, a, b))

    @action
    def promise(self, a: Voter, m: Prepare) -> None:
        if self.promised[a] < m.b:
            self.promised[a] = m.b
            self.sent.add(Promise(a, m.p, m.b))


class PromisesAdapter(kit.Actions):
    code: type[Acceptor] = Acceptor

    def start(self, setting: kit.Setting) -> None:
        (self.proposer,) = setting.elements["Proposing"]
        ports = {a: 9000 + k for k, a in enumerate(setting.elements["Voter"])}
        self.ballots = kit.Binding.counting(["never", *setting.elements["Ballot"]])
        self.wire = self.net = kit.Net(self.show)

        def new(name: str) -> Any:
            return self.code(ports[name]) if name in ports else Proposer([*ports.values()])

        self.nodes = kit.Processes([*ports, self.proposer], new, host=self.net.hosts())
        self.begun: set[str] = set()

    def show(self, data: bytes, source: str, target: str) -> kit.Record | None:
        ((what, ballot),) = json.loads(data).items()
        b = self.ballots.element(ballot)
        if what == "prepare":
            return kit.record("Prepare", p=source, a=target, b=b)
        return kit.record("Promise", a=source, p=target, b=b) if what == "promise" else None

    def prepare(self, p: str, b: str) -> None:
        kit.only_if(b not in self.begun, "nobody asks for a ballot twice")
        self.begun.add(b)
        self.nodes.call(p, Proposer.prepare, self.ballots.identifier(b))

    def promise(self, a: str, m: kit.Record) -> None:
        self.net.deliver(m, a)

    def observe(self) -> dict[str, Any]:
        held = {a: self.nodes[a].promised for a in self.nodes if a != self.proposer}
        return {"promised": {a: self.ballots.element(n) for a, n in held.items()}}


class HastyAdapter(PromisesAdapter):
    code = with_sockets.Hasty


def test_code_with_sockets_is_driven_through_a_model() -> None:
    sizes = {"Voter": 1, "Ballot": 2}
    healthy = quorate.conform(Promises, PromisesAdapter(), sizes=sizes, seconds=600).conformance
    assert healthy.verdict.value == "conforms" and not healthy.differences
    assert healthy.driven == healthy.transitions == 12
    found = quorate.conform(Promises, HastyAdapter(), sizes=sizes, seconds=600).conformance
    assert [d.name for d in found.differences] == ["promise.sends.sent"]
    assert [str(call) for call in found.differences[0].calls][-1] == (
        "promise(a=v0, m=Prepare(p=p0, a=v0, b=b1))"
    )


def test_a_connection_is_lost_with_what_is_on_its_way() -> None:
    net, nodes = paxos()
    nodes.call("p", Proposer.prepare, 3)
    net.taken()
    net.disconnect("p", "a1")
    assert nodes["p"].heard == ["ConnectionResetError"]
    with pytest.raises(kit.Unrealisable, match="prepare was delivered, or lost"):
        net.deliver(message("prepare", 3, "p", "a1"))
    nodes.close()


def test_a_dead_process_ends_its_connections_and_refuses_others() -> None:
    net, nodes = paxos()
    nodes.call("p", Proposer.prepare, 3)
    nodes.kill("a1")
    net.settle()
    assert nodes["p"].heard == [None]
    nodes.call("p", Proposer.prepare, 4)
    assert nodes["p"].heard == [None, "ConnectionRefusedError"]
    nodes.restart("a1")
    nodes.call("p", Proposer.prepare, 5)
    net.deliver(message("prepare", 5, "p", "a1"))
    assert nodes["a1"].promised == 5
    nodes.close()


def test_datagrams_come_late_and_again() -> None:
    net = kit.Net(lambda data, source, target: kit.record(data.decode(), to=target))
    at = {"x": 9000, "y": 9001}
    nodes = kit.Processes(at, lambda name: Gossip(at[name]), host=net.hosts())
    for word in ("one", "two"):
        nodes.call("x", Gossip.say, word, at["y"])
    nodes.call("x", Gossip.say, "nobody", 1)
    assert net.taken() == {kit.record("one", to="y"), kit.record("two", to="y")}
    for word in ("two", "one", "two"):
        net.deliver(kit.record(word, to="y"))
    assert nodes["y"].heard == ["two of 9000", "one of 9000", "two of 9000"]
    nodes.close()


@pytest.mark.parametrize("how", ["select", "poll", "selectors"])
def test_what_is_on_one_connection_comes_in_order(how: str) -> None:
    net = kit.Net(lambda data, source, target: kit.record(data.decode().strip()), kit.lines())

    def new(name: str) -> Any:
        return LineServer(9000) if name == "server" else Loop(9000, how)

    nodes = kit.Processes(["server", "client"], new, host=net.hosts())
    nodes.call("client", lambda client: client.socket.send(b"a\nb\npart"))
    assert net.taken() == {kit.record("a"), kit.record("b")}
    with pytest.raises(kit.Unrealisable, match="other messages come before b"):
        net.deliver(kit.record("b"))
    for word in ("a", "b", "A", "B"):
        net.deliver(kit.record(word))
    assert nodes["client"].heard == b"A\nB\n"
    nodes.close()


def test_what_the_model_does_not_have_comes_in_its_turn() -> None:
    net = kit.Net(
        lambda data, source, target: None if data == b"hi\n" else kit.record(data.decode().strip()),
        kit.lines(),
    )

    def new(name: str) -> Any:
        return LineServer(9000) if name == "server" else Loop(9000, "select")

    nodes = kit.Processes(["server", "client"], new, host=net.hosts())
    nodes.call("client", lambda client: client.socket.send(b"hi\na\nhi\n"))
    net.settle()
    assert nodes["client"].heard == b""  # HI is of the model
    net.deliver(kit.record("HI"))
    assert nodes["client"].heard == b"HI\n"
    net.deliver(kit.record("a"))
    assert net.taken() >= {kit.record("A")}
    nodes.close()


def test_each_process_has_a_lock_of_its_own() -> None:
    """One that is held while its process waits is free in another."""
    nodes = kit.Processes(["x", "y"], lambda name: [], host=kit.Threads)

    def hold(seen: list[str]) -> None:
        with with_sockets.LOCK, Acceptor.lock, Acceptor.lock:
            with_sockets.threading.Event().wait(1)
            seen.append("held")

    def ask(seen: list[str]) -> None:
        with with_sockets.CHANGED:
            seen.append("free")

    nodes.call("x", hold)
    for name in nodes:
        nodes.call(name, ask)
    assert nodes.each(list) == {"x": [], "y": ["free"]}
    nodes.hosts["x"].advance(1)
    assert nodes.each(list) == {"x": ["held", "free"], "y": ["free"]}
    nodes.close()


def test_a_lock_that_is_held_is_nobodys() -> None:
    for lock in (threading.Lock(), threading.RLock()):
        assert of_each(lock, "m.lock", {}) is not None
        with lock, pytest.raises(ValueError, match=r"m\.lock is held"):
            of_each(lock, "m.lock", {})


def test_a_socket_outside_of_a_network() -> None:
    threads = kit.Threads()
    with pytest.raises(RuntimeError, match=r"host=net\.hosts\(\)"):
        threads.run(Acceptor, 9000)
    threads.close()
