"""The package `raftos` 0.2.6 under `Election`: asyncio, timers and callbacks, files.

quorate conform election_model.py:Election -s Server=3,Term=1,Value=1,Index=1 -f crash=1 \\
    --adapter raftos_adapter.py:RaftosAdapter
"""

from __future__ import annotations

import asyncio
from typing import Any

import raftos
from raftos import state
from raftos.serializers import JSONSerializer

from quorate import kit


class Node:
    """What a server of the package sends by. Its own asks for a Queue that Python has no more."""

    def __init__(self, adapter: RaftosAdapter, name: str) -> None:
        self.host, self.port, self.wire = name, 0, adapter.wire
        self.loop = asyncio.get_running_loop()
        self.cluster = [(other, 0) for other in adapter.names if other != name]
        self.cluster_count = len(self.cluster)

    async def send(self, data: Any, destination: tuple[str, int]) -> None:
        self.wire.send(data, self.host, destination[0])

    def broadcast(self, data: Any) -> None:
        for other, _ in self.cluster:
            self.wire.send(data, self.host, other)


class RaftosAdapter(kit.Actions):
    def start(self, setting: kit.Setting) -> None:
        self.names = setting.elements["Server"]
        self.terms = kit.Binding.counting(["zero", *setting.elements["Term"]])
        self.wire, self.disk = kit.Wire(self.show), kit.Disk()
        raftos.configure({"log_path": f"{self.disk.folder}/", "serializer": JSONSerializer})
        kit.stand_in(state)
        self.nodes = kit.Processes(self.names, self.new, state.State.stop, kit.EventLoop)

    def new(self, name: str) -> state.State:
        own = type("State", (state.State,), {})  # a server's loop is an attribute of its class
        server = own(Node(self, name))
        server.start()
        return server

    def show(self, m: Any, source: str, target: str) -> kit.Record | None:
        match m:
            case {"type": "request_vote"}:
                asked = {"t": self.terms.element(m["term"]), "candidate": source}
                last = self.terms.element(m["last_log_term"])
                return kit.record("RequestVote", **asked, length=m["last_log_index"], last=last)
            case {"type": "request_vote_response", "vote_granted": True}:
                term = self.terms.element(m["term"])
                return kit.record("Vote", t=term, voter=source, candidate=target)
        return None

    def timeout(self, s: str, t: str) -> None:
        before = self.nodes[s].state
        kit.only_if(not isinstance(before, state.Leader), "a leader has no election timeout")
        term = self.nodes[s].storage.term + 1
        kit.only_if(self.terms.identifier(t) == term, "its next term is another")
        self.nodes.until(s, lambda server: server.state is not before)

    def other(self, action: str, s: str, m: kit.Record) -> None:
        """A message is delivered."""
        source, _, message = self.wire.caught(m, s)
        self.nodes.call(s, state.State.request_handler, {**message, "sender": (source, 0)})

    def restart(self, s: str) -> None:
        self.nodes.restart(s)

    def observe(self) -> dict[str, Any]:
        def voted(server: state.State) -> str | None:
            return server.storage.voted_for and server.storage.voted_for.removesuffix(":0")

        return {
            "term": self.nodes.each(lambda server: self.terms.element(server.storage.term)),
            "voted_for": self.nodes.each(voted),
            "role": self.nodes.each(lambda server: type(server.state).__name__.upper()),
        }
