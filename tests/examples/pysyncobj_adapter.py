"""The package `pysyncobj` under `SyncObjRaft`; another version if $PYSYNCOBJ is its folder.

quorate conform pysyncobj_model.py:SyncObjRaft -s Server=2,Term=1,Value=1,Index=2 -f crash=0 \\
    --adapter pysyncobj_adapter.py:SyncObjAdapter
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

sys.path[:0] = filter(None, [os.environ.get("PYSYNCOBJ")])

from pysyncobj import SyncObj, SyncObjConf, monotonic, syncobj  # noqa: E402
from pysyncobj.node import Node  # noqa: E402
from pysyncobj.transport import Transport  # noqa: E402

from quorate import kit  # noqa: E402

logging.disable(logging.CRITICAL)
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

    def start(self, setting: kit.Setting) -> None:
        self.servers = setting.elements["Server"]
        self.terms = kit.Binding.counting(["zero", *setting.elements["Term"]])
        self.longest, self.value = dict(setting.sizes)["Index"], setting.elements["Value"][0]
        self.begin()

    def begin(self) -> None:
        kit.stand_in(monotonic, syncobj)
        self.wire, self.disk = kit.Wire(self.show), kit.Disk()
        self.nodes = kit.Processes(self.servers, self.new, SyncObj.destroy)

    def new(self, s: str) -> SyncObj:
        journal = str(self.disk.folder / s) if self.journals else None
        conf = SyncObjConf(autoTick=False, journalFile=journal, leaderFallbackTimeout=1e9)
        conf.raftMinTimeout, conf.raftMaxTimeout, conf.pollerType = 1, 1.5, "select"
        transport, others = WireTransport(self.wire, s), [u for u in self.servers if u != s]
        node = SyncObj(s, others, conf, nodeClass=Node, transport=transport)
        node.received = transport._onMessageReceived
        for u in others:
            transport._onNodeConnected(Node(u))
        return node

    def show(self, m: Any, source: str, target: str) -> kit.Record | None:
        t = self.terms.element(m.get("term") or raft(self.nodes[source], "CurrentTerm"))
        match m:
            case {"type": "request_vote", "last_log_index": index, "last_log_term": last}:
                log = {"length": index - 1, "last": self.terms.element(last)}
                return kit.record("RequestVote", t=t, candidate=source, **log)
            case {"type": "response_vote"}:
                return kit.record("Vote", t=t, voter=source, candidate=target)
            case {"type": "append_entries", "prevLogIdx": index, "prevLogTerm": last}:
                log = {"prefix": index - 1, "last": self.terms.element(last)}
                log |= {"entries": self.entries(m["entries"]), "commit": m["commit_index"] - 1}
                return kit.record("Append", t=t, leader=source, **log)
            case {"type": "next_node_idx", "success": True, "next_node_idx": index}:
                return kit.record("Ack", t=t, follower=source, leader=target, length=index - 2)
        return None

    def entries(self, held: Any) -> tuple[kit.Record, ...]:
        return tuple(kit.record("Entry", t=self.terms.element(e[2]), v=self.value) for e in held)

    def other(self, action: str, s: str, m: kit.Record, **_: str) -> None:
        """All other actions deliver a message."""
        source, _, message = self.wire.caught(m, s)
        self.nodes.call(s, lambda node: node.received(Node(source), message))

    def timeout(self, s: str, t: str) -> None:
        kit.only_if(raft(self.nodes[s], "State") != 2, "a leader has no election timeout")
        term = raft(self.nodes[s], "CurrentTerm") + 1
        kit.only_if(self.terms.identifier(t) == term, "its next term is another")
        self.nodes.hosts[s].advance(2)
        self.nodes.call(s, SyncObj.doTick)

    def request(self, s: str, v: str) -> None:
        log = raft(self.leading(s), "Log")
        kit.only_if(len(log) <= self.longest, "the model has a bound here, and the code none")
        self.nodes.call(s, SyncObj._applyCommand, b"", None, syncobj._COMMAND_TYPE.NO_OP)
        self.nodes.call(s, SyncObj._checkCommandsToApply)

    def append(self, s: str, n: int) -> None:
        kit.only_if(n < len(raft(self.leading(s), "Log")), "it has no such prefix")
        for u in raft(self.nodes[s], "NextIndex"):
            raft(self.nodes[s], "NextIndex")[u] = n + 2
        self.nodes.call(s, SyncObj._SyncObj__sendAppendEntries)

    def advance_commit(self, s: str, n: int) -> dict[str, Any]:
        before = raft(self.nodes[s], "CommitIndex")
        self.nodes.call(s, SyncObj.doTick)
        after = raft(self.nodes[s], "CommitIndex")
        return {} if after == before else {"n": after - 1}

    def leading(self, s: str) -> SyncObj:
        kit.only_if(raft(self.nodes[s], "State") == 2, "nobody asks this of one who does not lead")
        return self.nodes[s]

    def restart(self, s: str) -> None:
        self.nodes.restart(s)

    def observe(self) -> dict[str, Any]:
        each, element = self.nodes.each, self.terms.element

        def match(s: str, u: str) -> int:
            return max(0, raft(self.nodes[s], "MatchIndex").get(Node(u), 0) - 1)

        return {
            "term": each(lambda node: element(raft(node, "CurrentTerm"))),
            "voted_for": each(lambda node: node._SyncObj__votedForNodeId),
            "log": each(lambda node: self.entries(raft(node, "Log")[1:])),
            "role": each(lambda node: ROLES[raft(node, "State")]),
            "match": {(s, u): match(s, u) for s in self.servers for u in self.servers},
            "commit": each(lambda node: raft(node, "CommitIndex") - 1),
        }


def raft(node: SyncObj, name: str) -> Any:
    """An attribute of a server; the package shows too little of its state."""
    return getattr(node, f"_SyncObj__raft{name}")


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


class AcknowledgingLessAdapter(SyncObjAdapter):
    """For 0.3.11, which acknowledges one entry less where there are some: known, mended here."""

    def other(self, action: str, s: str, m: kit.Record, **_: str) -> None:
        source, _, message = self.wire.caught(m, s)
        self.delivered = message
        if m.tag == "Ack":
            message["next_node_idx"] = m["length"] + 2
        self.nodes.call(s, lambda node: node.received(Node(source), message))

    def show(self, m: Any, source: str, target: str) -> kit.Record | None:
        if m["type"] == "next_node_idx" and self.delivered.get("entries"):
            m = {**m, "next_node_idx": m["next_node_idx"] + 1}
        return super().show(m, source, target)
