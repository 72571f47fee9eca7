"""A node of Paxos on an event loop: it gives the three roles their timers and their log."""

from __future__ import annotations

import asyncio

from quorate.impl.durable.failpoints import Passing
from quorate.impl.durable.journal import Journal
from quorate.impl.envelope import Envelope, Value
from quorate.impl.paxos.defects import COMPOSITIONS
from quorate.impl.paxos.messages import Message
from quorate.impl.paxos.node import Node
from quorate.impl.paxos.storage import Store

from .node_config import NodeConfig
from .paxos_requests import PAXOS_CODEC, admit_request
from .tcp_host import Log, TcpHost


class PaxosNode(TcpHost):
    """Gives a node its services: sockets, timers, and the log."""

    def __init__(
        self, config: NodeConfig, store: Store, log: Log, journal: Journal, passing: Passing
    ) -> None:
        super().__init__(config, log, PAXOS_CODEC, admit_request)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._node = Node(
            config.name,
            tuple(config.members),
            store,
            self,
            COMPOSITIONS[config.composition],
            journal=journal,
            passing=passing,
        )

    def begin(self) -> None:
        """Start the roles."""
        self._node.start()

    def end(self) -> None:
        """Let no timer ring any more."""
        for timer in self._timers.values():
            timer.cancel()

    def deliver(self, envelope: Envelope[Message]) -> None:
        """A message has arrived."""
        self._node.deliver(envelope)

    def set_timer(self, name: str, delay_s: float) -> None:
        """Service: ring later, instead of an earlier timer of that name."""
        if name in self._timers:
            self._timers[name].cancel()
        self._timers[name] = asyncio.get_running_loop().call_later(
            delay_s, lambda: self._guarded(lambda: self._node.timeout(name))
        )

    def committed(self, value: Value) -> None:
        """Service: the value is known here."""
        self._log("committed", value=value)
