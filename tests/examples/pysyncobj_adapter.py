"""The package `pysyncobj` under `SyncObjRaft`; another version if $PYSYNCOBJ is its folder.

quorate conform pysyncobj_model.py:SyncObjRaft -s Server=2,Term=1,Value=1,Index=2 -f crash=0 \\
    --adapter pysyncobj_adapter.py:SyncObjAdapter
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

sys.path[:0] = filter(None, [os.environ.get("PYSYNCOBJ")])

from pysyncobj import SyncObj, SyncObjConf, syncobj  # noqa: E402
from pysyncobj.node import Node  # noqa: E402
from pysyncobj.transport import Transport  # noqa: E402
from pysyncobj.version import VERSION  # noqa: E402

from quorate import kit  # noqa: E402

logging.disable(logging.CRITICAL)
FOLLOWER, CANDIDATE, LEADER = range(3)
ROLES = ("FOLLOWER", "CANDIDATE", "LEADER")


class WireTransport(Transport):
    def __init__(self, wire: kit.Wire, name: str) -> None:
        super().__init__(None, None, [])
        self.wire, self.name = wire, name

    def send(self, node: Node, message: Any) -> bool:
        self.wire.send(message, self.name, node.id)
        return True


class SyncObjAdapter(kit.Actions):
    """Servers in memory. An index of the package is one more than a length of the model."""

    journals = False
    nodes: kit.Processes[SyncObj] | None = None

    def start(self, setting: kit.Setting) -> None:
        self.servers = [str(s) for s in setting.elements["Server"]]
        terms = ["zero", *(t for t in setting.elements["Term"] if t != "zero")]
        self.terms = kit.Binding(terms, fixed={t: number for number, t in enumerate(terms)})
        self.longest = dict(setting.sizes)["Index"]
        self.value = setting.elements["Value"][0]
        if self.nodes is not None:
            self.nodes.close()
            self.disk.close()
        self.wire, self.disk = kit.Wire(self.show), kit.Disk()
        self.clocks = {s: kit.Clock() for s in self.servers}
        self.nodes = kit.Processes(self.servers, self.new, SyncObj.destroy)

    def new(self, s: str) -> SyncObj:
        conf = SyncObjConf(autoTick=False, pollerType="select", leaderFallbackTimeout=1e9)
        conf.raftMinTimeout, conf.raftMaxTimeout = 1, 1.5
        conf.journalFile = str(self.disk.folder / s) if self.journals else None
        syncobj.monotonicTime = self.clocks[s].time
        transport, others = WireTransport(self.wire, s), [u for u in self.servers if u != s]
        node = SyncObj(s, others, conf, nodeClass=Node, transport=transport)
        node.received = transport._onMessageReceived
        for u in others:
            transport._onNodeConnected(Node(u))
        return node

    def show(self, m: Any, source: str, target: str) -> kit.Record | None:
        term = self.terms.element(m["term"] if "term" in m else self.held(source, "CurrentTerm"))
        match m["type"]:
            case "request_vote":
                length, last = m["last_log_index"] - 1, self.terms.element(m["last_log_term"])
                return kit.record("RequestVote", t=term, candidate=source, length=length, last=last)
            case "response_vote":
                return kit.record("Vote", t=term, voter=source, candidate=target)
            case "append_entries":
                sent = {"prefix": m["prevLogIdx"] - 1, "last": self.terms.element(m["prevLogTerm"])}
                sent |= {"entries": tuple(map(self.entry, m["entries"]))}
                return kit.record(
                    "Append", t=term, leader=source, **sent, commit=m["commit_index"] - 1
                )
            case "next_node_idx" if m["success"]:
                length = m["next_node_idx"] - 2
                if VERSION == "0.3.11" and self.delivered.get("entries"):
                    length += 1  # it acknowledges one entry less: known, and mended here
                return kit.record("Ack", t=term, follower=source, leader=target, length=length)
        return None

    def entry(self, held: tuple[bytes, int, int]) -> kit.Record:
        return kit.record("Entry", t=self.terms.element(held[2]), v=self.value)

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        syncobj.monotonicTime = self.clocks[args["s"]].time
        return super().perform(action, args)

    def other(self, action: str, s: str, m: kit.Record, **_: str) -> None:
        """All other actions deliver a message."""
        source, _, message = self.wire.caught(m, s)
        self.delivered = message
        if m.tag == "Ack":
            message["next_node_idx"] = m.get("length") + 2
        self.nodes[s].received(Node(source), message)

    def timeout(self, s: str, t: str) -> None:
        if self.held(s, "State") == LEADER:
            raise kit.Unrealisable("a leader has no election timeout")
        if self.terms.identifier(t) != self.held(s, "CurrentTerm") + 1:
            raise kit.Unrealisable("its next term is another")
        self.clocks[s].advance(2)
        self.nodes[s].doTick()

    def request(self, s: str, v: str) -> None:
        self.lead_only(s)
        if len(self.held(s, "Log")) > self.longest:
            raise kit.Unrealisable("the model has a bound here, and the code none")
        self.nodes[s]._applyCommand(b"", None, syncobj._COMMAND_TYPE.NO_OP)
        self.nodes[s]._checkCommandsToApply()

    def append(self, s: str, n: int) -> None:
        self.lead_only(s)
        if n >= len(self.held(s, "Log")):
            raise kit.Unrealisable("it has no such prefix")
        for u in self.held(s, "NextIndex"):
            self.held(s, "NextIndex")[u] = n + 2
        self.nodes[s]._SyncObj__sendAppendEntries()

    def advance_commit(self, s: str, n: int) -> dict[str, Any]:
        before = self.held(s, "CommitIndex")
        self.nodes[s].doTick()
        after = self.held(s, "CommitIndex")
        return {} if after == before else {"n": after - 1}

    def restart(self, s: str) -> None:
        self.nodes.restart(s)

    def lead_only(self, s: str) -> None:
        if self.held(s, "State") != LEADER:
            raise kit.Unrealisable("nobody asks this of one that does not lead")

    def held(self, s: str, name: str) -> Any:
        """An attribute of a server; the package shows too little of its state."""
        return getattr(self.nodes[s], f"_SyncObj__raft{name}")

    def observe(self) -> dict[str, Any]:
        def each(show: Any) -> dict[str, Any]:
            return {s: show(s) for s in self.servers}

        def match(s: str, u: str) -> int:
            return max(0, self.held(s, "MatchIndex").get(Node(u), 0) - 1)

        return {
            "term": each(lambda s: self.terms.element(self.held(s, "CurrentTerm"))),
            "voted_for": each(lambda s: self.nodes[s]._SyncObj__votedForNodeId),
            "log": each(lambda s: [self.entry(e) for e in self.held(s, "Log")[1:]]),
            "role": each(lambda s: ROLES[self.held(s, "State")]),
            "match": {(s, u): match(s, u) for s in self.servers for u in self.servers},
            "commit": each(lambda s: self.held(s, "CommitIndex") - 1),
        }


class JournalAdapter(SyncObjAdapter):
    """Servers with journals, killed and restarted. They keep the commit index, too: no matter."""

    journals = True

    def observe(self) -> dict[str, Any]:
        return {name: seen for name, seen in super().observe().items() if name != "commit"}


class PowerLossAdapter(JournalAdapter):
    """The power fails: what is not synced is lost."""

    def restart(self, s: str) -> None:
        self.nodes.kill(s)
        self.disk.crash()
        self.nodes.restart(s)
