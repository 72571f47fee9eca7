"""The package `pysyncobj` under `pysyncobj_tcp.py`: a leader that was elected, and its follower.

Nothing of it is set by force: what is sent, and again, is what the package itself decides to send.

quorate conform pysyncobj_tcp.py:Batches -s Index=5,Depth=3 \\
    --adapter pysyncobj_tcp_adapter.py:BatchesAdapter
"""

from __future__ import annotations

from typing import Any

from pysyncobj import SyncObj, syncobj
from pysyncobj.node import Node
from pysyncobj_adapter import SyncObjAdapter, raft

from quorate import kit


class TcpAdapter(SyncObjAdapter):
    """A length of the model is an index of the package less one."""

    batch = 2**16

    def start(self, setting: kit.Setting) -> None:
        (self.leader,), (self.follower,) = setting.elements["Leader"], setting.elements["Follower"]
        self.servers = (self.leader, self.follower)
        self.longest = dict(setting.sizes)["Index"]
        self.begin()
        for _, node in self.nodes.items():
            node._SyncObj__conf.appendEntriesBatchSizeBytes = self.batch
        self.elect()

    def elect(self) -> None:
        """The leader wins the vote; both hold its first entry, and both know that."""
        self.nodes.hosts[self.leader].advance(2)
        self.nodes.call(self.leader, SyncObj.doTick)
        asks = {"type": "request_vote", "term": 1, "last_log_index": 1, "last_log_term": 0}
        self.give(self.leader, self.follower, asks)
        self.give(self.follower, self.leader, {"type": "response_vote", "term": 1})
        assert raft(self.nodes[self.leader], "State") == 2
        self.deliver_all()

    def deliver_all(self) -> None:
        for record in self.wire.taken():
            self.other("deliver", record["to"], record)
            self.deliver_all()

    def give(self, source: str, target: str, message: Any) -> None:
        self.nodes.call(target, lambda node: node.received(Node(source), message))

    def show(self, m: Any, source: str, target: str) -> kit.Record | None:
        ends = {"leader" if source == self.leader else "follower": source, "to": target}
        match m:
            case {"type": "append_entries", "prevLogIdx": index, "entries": entries}:
                prefix = index - 1
                return kit.record("Append", **ends, prefix=prefix, end=prefix + len(entries))
            case {"type": "next_node_idx", "success": True, "next_node_idx": index}:
                return kit.record("Ack", **ends, length=index - 2)
        return None

    def receive_append(self, f: str, m: kit.Record) -> None:
        self.other("receive_append", f, m)

    def request(self, s: str) -> None:
        bound = "the model has a bound here, and the code none"
        kit.only_if(self.length(s) < self.longest, bound)
        self.nodes.call(s, SyncObj._applyCommand, b"", None, syncobj._COMMAND_TYPE.NO_OP)
        self.nodes.call(s, SyncObj._checkCommandsToApply)

    def append(self, s: str) -> None:
        self.nodes.call(s, SyncObj._SyncObj__sendAppendEntries)

    def length(self, s: str) -> int:
        return len(raft(self.nodes[s], "Log")) - 1

    def observe(self) -> dict[str, Any]:
        leader, node = self.nodes[self.leader], Node(self.follower)
        return {
            "written": {self.leader: self.length(self.leader)},
            "held": {self.follower: self.length(self.follower)},
            "match": {self.leader: raft(leader, "MatchIndex")[node] - 1},
            "next": {self.leader: raft(leader, "NextIndex")[node] - 2},
        }


class BatchesAdapter(TcpAdapter):
    """A message takes two entries, as 64 KiB of entries by default."""

    batch = 2
