"""The package `pysyncobj` under `pysyncobj_tcp.py`: a leader that was elected, and its follower.

Nothing of it is set by force: what is sent, and again, is what the package itself decides to send.

quorate conform pysyncobj_tcp.py:Batches -s Index=5,Depth=3 \\
    --adapter pysyncobj_tcp_adapter.py:BatchesAdapter
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pysyncobj import syncobj
from pysyncobj.node import Node
from pysyncobj_adapter import LEADER, SyncObjAdapter

from quorate import kit


class TcpAdapter(SyncObjAdapter):
    """A length of the model is an index of the package less one."""

    batch = 2**16

    def start(self, setting: kit.Setting) -> None:
        (self.leader,), (self.follower,) = setting.elements["Leader"], setting.elements["Follower"]
        self.servers = [self.leader, self.follower]
        self.longest = dict(setting.sizes)["Index"]
        if self.nodes is not None:
            self.nodes.close()
            self.disk.close()
        self.wire, self.disk = kit.Wire(self.show), kit.Disk()
        self.clocks = {s: kit.Clock() for s in self.servers}
        self.nodes = kit.Processes(self.servers, self.new, syncobj.SyncObj.destroy)
        for s in self.servers:
            self.nodes[s]._SyncObj__conf.appendEntriesBatchSizeBytes = self.batch
        self.elect()

    def elect(self) -> None:
        """The leader wins the vote; both hold its first entry, and both know that."""
        self.use(self.leader)
        self.clocks[self.leader].advance(2)
        self.nodes[self.leader].doTick()
        asks = {"type": "request_vote", "term": 1, "last_log_index": 1, "last_log_term": 0}
        self.give(self.leader, self.follower, asks)
        self.give(self.follower, self.leader, {"type": "response_vote", "term": 1})
        assert self.held(self.leader, "State") == LEADER
        self.deliver_all()

    def deliver_all(self) -> None:
        for record in self.wire.taken():
            target = record.get("to")
            source, _, message = self.wire.caught(record, target)
            self.give(source, target, message)
            self.deliver_all()

    def use(self, s: str) -> None:
        syncobj.monotonicTime = self.clocks[s].time

    def give(self, source: str, target: str, message: Any) -> None:
        self.use(target)
        self.nodes[target].received(Node(source), message)

    def show(self, m: Any, source: str, target: str) -> kit.Record | None:
        ends = {"leader" if source == self.leader else "follower": source, "to": target}
        match m["type"]:
            case "append_entries":
                prefix = m["prevLogIdx"] - 1
                shown = {"prefix": prefix, "end": prefix + len(m["entries"])}
                return kit.Record("Append", tuple({**ends, **shown}.items()))
            case "next_node_idx" if m["success"]:
                shown = {"length": m["next_node_idx"] - 2}
                return kit.Record("Ack", tuple({**ends, **shown}.items()))
        return None

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[kit.Record]:
        match action:
            case "request":
                if self.length(self.leader) == self.longest:
                    raise kit.Unrealisable("the model has a bound here, and the code none")
                self.use(self.leader)
                self.nodes[self.leader]._applyCommand(b"", None, syncobj._COMMAND_TYPE.NO_OP)
                self.nodes[self.leader]._checkCommandsToApply()
            case "append":
                self.use(self.leader)
                self.nodes[self.leader]._SyncObj__sendAppendEntries()
            case _:
                target = args["m"].get("to")
                source, _, message = self.wire.caught(args["m"], target)
                self.give(source, target, message)
        return self.wire.taken()

    def length(self, s: str) -> int:
        return len(self.held(s, "Log")) - 1

    def observe(self) -> dict[str, Any]:
        node = Node(self.follower)
        return {
            "written": {self.leader: self.length(self.leader)},
            "held": {self.follower: self.length(self.follower)},
            "match": {self.leader: self.held(self.leader, "MatchIndex")[node] - 1},
            "next": {self.leader: self.held(self.leader, "NextIndex")[node] - 2},
        }


class BatchesAdapter(TcpAdapter):
    """A message takes two entries, as 64 KiB of entries by default."""

    batch = 2
