"""Finding the mapping of a log: a bundled format by name, or `path.py:Class`, `module:Class`."""

from __future__ import annotations

from typing import cast

from quorate.checker.user_file import object_in

from .cluster import ClusterLog
from .etcd import EtcdRaftLog
from .line import LogMapping
from .multipaxos_journal import MultiPaxosJournal
from .raft_journal import RaftJournal

FORMATS: dict[str, type[LogMapping]] = {
    "cluster": ClusterLog,
    "etcd-raft": EtcdRaftLog,
    "multipaxos": MultiPaxosJournal,
    "raft": RaftJournal,
}
"""The bundled mappings by the names of the formats that they read."""


def load_mapping(name: str) -> LogMapping:
    """A new mapping of the class that a name stands for. Raises InputError."""
    if name in FORMATS:
        return FORMATS[name]()
    return cast(LogMapping, object_in(name, "a mapping", ("start", "read"), FORMATS))
