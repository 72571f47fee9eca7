"""Code with threads, timers and callbacks, driven step by step through a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

import quorate
from quorate import kit
from quorate.checker.conform.adapter import AdapterError
from quorate.model.language import Map, action, durable
from quorate.model.paxos import Acceptor, Ballot, Paxos, Quorum, Value

from . import threaded

kit.stand_in(threaded)


class Restarts(Paxos):
    """Acceptors are killed and started again, with all that they saved; proposers are not ours."""

    restarted: Map[Acceptor, bool] = durable(False)
    faults: ClassVar[Mapping[str, int]] = {"crash": 1}

    @action(by="environment")
    def phase1a(self, b: Ballot) -> None:
        super().phase1a(b)

    @action(by="environment")
    def phase2a(self, b: Ballot, v: Value, q: Quorum) -> None:
        super().phase2a(b, v, q)

    @action(fault="crash")
    def restart(self, a: Acceptor) -> None:
        self.restarted[a] = True


class ThreadedAdapter(kit.Actions):
    kind: type[threaded.AcceptorThread] = threaded.AcceptorThread

    def start(self, setting: kit.Setting) -> None:
        self.ballots = kit.Binding.counting(["never", *setting.elements["Ballot"]])
        self.wire, self.saved = kit.Wire(self.show), dict[str, Any]()
        names = setting.elements["Acceptor"]
        self.acceptors = kit.Processes(names, self.new, host=kit.Threads)

    def new(self, name: str) -> threaded.AcceptorThread:
        acceptor = self.kind(name, self.saved, self.wire.send)
        acceptor.start()
        return acceptor

    def show(self, message: Any, source: Any, target: Any) -> kit.Record:
        ballot = self.ballots.element
        match message:
            case "promise", a, b, voted, v:
                return kit.record("Promise", a=a, b=ballot(b), vb=ballot(voted), v=v)
            case "accepted", a, b, v:
                return kit.record("Accepted", a=a, b=ballot(b), v=v)
        raise NotImplementedError(message)

    def phase1a(self, b: str) -> Any:
        return {kit.record("Prepare", b=b)}

    def phase2a(self, b: str, v: str, q: Any) -> Any:
        return {kit.record("Accept", b=b, v=v)}

    def phase1b(self, a: str, b: str) -> None:
        self.say(a, "prepare", self.ballots.identifier(b))

    def phase2b(self, a: str, b: str, v: str) -> None:
        self.say(a, "accept", self.ballots.identifier(b), v)

    def restart(self, a: str) -> None:
        self.acceptors.restart(a)

    def say(self, a: str, *message: Any) -> None:
        self.acceptors.call(a, lambda acceptor: acceptor.inbox.put(message))
        self.acceptors.hosts[a].advance(0.01)

    def observe(self) -> dict[str, Any]:
        each, ballot = self.acceptors.each, self.ballots.element
        return {
            "max_bal": each(lambda x: ballot(x.promised)),
            "max_vbal": each(lambda x: ballot(x.voted)),
            "max_val": each(lambda x: x.value),
        }


SIZES = {"Acceptor": 2, "Ballot": 1, "Value": 1}


def driven(kind: type[threaded.AcceptorThread], crash: int) -> Any:
    class Adapter(ThreadedAdapter):
        pass

    Adapter.kind = kind
    return quorate.conform(Restarts, Adapter(), sizes=SIZES, faults={"crash": crash}).conformance


def test_healthy_code_conforms() -> None:
    found = driven(threaded.AcceptorThread, 0)
    assert found.verdict.value == "conforms", found
    assert found.driven == found.transitions > 0


@pytest.mark.parametrize(
    ("kind", "crash", "name"),
    [
        (threaded.Forgetful, 0, "phase2b.changes.max_val"),
        (threaded.Hasty, 1, "restart.changes.max_bal"),
    ],
)
def test_what_threads_do_wrong_is_found(
    kind: type[threaded.AcceptorThread], crash: int, name: str
) -> None:
    found = driven(kind, crash)
    assert name in [d.name for d in found.differences]
    assert not any(d.flaky for d in found.differences)


def test_threads_that_are_started_by_themselves_are_named() -> None:
    with pytest.raises(AdapterError, match=r"the thread 'a helper' by itself: give the module"):
        driven(threaded.Leaking, 0)
