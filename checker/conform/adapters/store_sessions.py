"""The bundled store under `StoreSessions`: the first on Raft, the next on Multi-Paxos, and so on.

Each is a cluster of one replica with its disk. A snapshot is made of each entry, so a restart
begins with the latest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from typing import Any, Final

from quorate.checker.conform.adapter import Setting
from quorate.impl.multipaxos import HEALTHY as MULTIPAXOS
from quorate.impl.multipaxos import Composition
from quorate.impl.multipaxos.replica import Pace
from quorate.impl.multipaxos.system import multipaxos_of
from quorate.impl.outputs import Persist
from quorate.impl.raft import Options
from quorate.impl.raft.replica import Replica as RaftReplica
from quorate.impl.raft.system import raft_of
from quorate.impl.raft.variant import HEALTHY as RAFT
from quorate.impl.raft.variant import RaftVariant
from quorate.impl.replicated.replica import ReplicatedSystem
from quorate.impl.store import KeyValueStore, Put, Submission
from quorate.traces import Record

from .dispatch import performed

_NAME: Final = "n0"


@dataclass
class _Node:
    """A replica that is a cluster by itself. Each `Persist` is carried out at once."""

    system: ReplicatedSystem[Any, Any, Any]
    disk: Any
    replica: Any = None
    newest: dict[str, int] = field(default_factory=dict)
    """The highest number that each client has sent."""

    def start(self) -> None:
        """With what is on disk. It goes on until it leads."""
        self.replica = self.system.recover(_NAME, [_NAME], self.disk, Random(0))
        while self.replica.leader != _NAME:
            self.keep(self.replica.tick())

    def keep(self, outputs: Iterable[Any]) -> None:
        """What it wrote is on disk."""
        for output in outputs:
            if isinstance(output, Persist):
                self.disk = self.disk.after(output.record)

    @property
    def store(self) -> KeyValueStore:
        """All that was committed, applied."""
        replica = self.replica
        held = replica.store if isinstance(replica, RaftReplica) else replica.learner.store
        assert isinstance(held, KeyValueStore)
        return held


class StoreSessionsAdapter:
    """Performs each action by the method named after it."""

    def __init__(self, raft: RaftVariant = RAFT, multipaxos: Composition = MULTIPAXOS) -> None:
        on_raft = raft_of(raft, Options(compact_after=1))
        on_multipaxos = multipaxos_of(multipaxos, Pace(snapshot_every=1))
        self.systems: tuple[ReplicatedSystem[Any, Any, Any], ...] = (on_raft, on_multipaxos)

    def start(self, setting: Setting) -> None:
        names = {sort: [str(e) for e in of] for sort, of in setting.elements.items()}
        self.clients, self.numbers = names["Client"], ["zero", *names["Number"]]
        stores = zip(names["Store"], cycle(self.systems), strict=False)
        self.run = {x: _Node(system, system.empty) for x, system in stores}
        for node in self.run.values():
            node.start()

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[Record]:
        performed(self, action, args)
        return frozenset()

    def observe(self) -> Mapping[str, Any]:
        latest = {
            (x, name): session.sequence
            for x, node in self.run.items()
            for name, session in node.store.snapshot().sessions
        }
        cells = [(x, c) for x in self.run for c in self.clients]
        zero = self.numbers[0]
        return {
            "newest": {(x, c): self.numbers[self.run[x].newest.get(c, 0)] for x, c in cells},
            "session": {(x, c): self.numbers[latest.get((x, c), 0)] for x, c in cells},
            "holds": {(x, c): self.run[x].store.values.get(c, zero) for x, c in cells},
        }

    def snapshot(self) -> dict[str, _Node]:
        return deepcopy(self.run)

    def restore(self, snapshot: dict[str, _Node]) -> None:
        self.run = deepcopy(snapshot)

    # The steps, named as the model names them.

    def _submit(self, x: str, c: str, n: str) -> None:
        node, number = self.run[x], self.numbers.index(n)
        node.newest[c] = max(node.newest.get(c, 0), number)
        node.keep(node.replica.submit(Submission(c, number, Put(c, n))))

    def _restart(self, x: str) -> None:
        self.run[x].start()
