"""Servers of the bundled Raft with their disks, for adapters that drive them step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from quorate.checker.conform.adapter import Refusal
from quorate.impl.errors import ImplError
from quorate.impl.outputs import Persist, Send
from quorate.impl.raft import RaftState, Server
from quorate.impl.raft.messages import RaftMessage
from quorate.impl.raft.records import RaftOutputs
from quorate.impl.raft.variant import RaftVariant

from .copying import copied


@dataclass
class RaftServers:
    """Each `Persist` is carried out at once; a restart rebuilds a server from its disk."""

    variant: RaftVariant
    members: Sequence[str]
    """The members to start with."""
    servers: dict[str, Server]
    disks: dict[str, RaftState]

    @classmethod
    def started(
        cls, variant: RaftVariant, members: Sequence[str], disks: dict[str, RaftState]
    ) -> Self:
        """One server for each disk."""
        servers = {name: variant.server(name, members, state=held) for name, held in disks.items()}
        return cls(variant, members, servers, disks)

    def copied(self) -> Self:
        """A copy of all that a run changes."""
        servers = {name: copied(server) for name, server in self.servers.items()}
        return replace(self, servers=servers, disks=dict(self.disks))

    def restart(self, name: str) -> None:
        """What is on disk is all that a server keeps."""
        made = self.variant.server(name, self.members, state=self.disks[name])
        self.servers[name] = made

    def receive(self, name: str, message: RaftMessage) -> list[Send[Any]]:
        """Hand a message to a server; returns what it sends."""
        return self.carry_out(name, lambda: self.servers[name].receive(message))

    def carry_out(self, name: str, step: Callable[[], RaftOutputs]) -> list[Send[Any]]:
        """Take a step of a server; returns what it sends. Raises Refusal if it does not take it."""
        try:
            outputs = step()
        except ImplError as error:
            raise Refusal(f"{type(error).__name__}: {error}") from error
        sent = []
        for output in outputs:
            if isinstance(output, Persist):
                self.disks[name] = self.disks[name].after(output.record)
            else:
                sent.append(output)
        return sent
