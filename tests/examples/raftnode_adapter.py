"""The package `raftnode` 0.1.2 under `Election`: a thread for each timeout, request and heartbeat.

quorate conform election_model.py:Election -s Server=3,Term=2,Value=1,Index=1 -f crash=0 \\
    --adapter raftnode_adapter.py:RaftnodeAdapter
"""

from __future__ import annotations

import logging
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

from raftnode import cfg, config, election

from quorate import kit

logging.disable(logging.CRITICAL)
ROLES = {cfg.FOLLOWER: "FOLLOWER", cfg.CANDIDATE: "CANDIDATE", cfg.LEADER: "LEADER"}


class Transport:
    """What a server calls others by, and waits for the answer."""

    def __init__(self, adapter: RaftnodeAdapter, name: str) -> None:
        self.addr, self.wire = name, adapter.wire
        self.peers = [other for other in adapter.names if other != name]
        self.answers: Any = defaultdict(kit.Queue)

    def vote_request(self, peer: str, message: Any) -> Any:
        self.wire.send(message, self.addr, peer)
        return self.answers[peer, message["term"]].get()

    def heartbeat(self, peer: str, message: Any) -> Any:
        return self.answers["a heartbeat"].get()  # nobody answers


class RaftnodeAdapter(kit.Actions):
    def start(self, setting: kit.Setting) -> None:
        self.names = setting.elements["Server"]
        self.terms = kit.Binding.counting(["zero", *setting.elements["Term"]])
        self.wire = kit.Wire(self.show)
        kit.stand_in(election, config)
        self.nodes = kit.Processes(self.names, self.new, host=kit.Threads)

    def new(self, name: str) -> election.Election:
        self.transports = {**getattr(self, "transports", {}), name: Transport(self, name)}
        store = SimpleNamespace(commit_id=0, staged=None, log=[])
        return election.Election(self.transports[name], store, kit.Queue())

    def show(self, m: Any, source: str, target: str) -> kit.Record | None:
        term = self.terms.element(m["term"])
        if "choice" not in m:
            return kit.record("RequestVote", t=term, candidate=source, length=0, last="zero")
        vote = kit.record("Vote", t=term, voter=source, candidate=target)
        return vote if m["choice"] else None

    def timeout(self, s: str, t: str) -> None:
        term = self.nodes[s].term
        kit.only_if(self.nodes[s].status != cfg.LEADER, "a leader has no election timeout")
        kit.only_if(self.terms.identifier(t) == term + 1, "its next term is another")
        self.nodes.until(s, lambda node: node.term > term)

    def grant(self, s: str, m: kit.Record) -> None:
        source, _, asked = self.wire.caught(m, s)
        given = asked["term"], asked["commit_id"], asked["staged"]
        choice, term = self.nodes.call(s, election.Election.decide_vote, *given)
        self.wire.send({"choice": choice, "term": term}, s, source)

    def receive_vote(self, s: str, m: kit.Record) -> None:
        source, _, answer = self.wire.caught(m, s)
        self.transports[s].answers[source, answer["term"]].put(answer)
        self.nodes.hosts[s].pump()

    def observe(self) -> dict[str, Any]:
        return {
            "term": self.nodes.each(lambda node: self.terms.element(node.term)),
            "role": self.nodes.each(lambda node: ROLES[node.status]),
        }
