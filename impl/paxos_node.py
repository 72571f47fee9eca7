"""A node of Paxos on an event loop: it gives the three roles their timers and their log."""

from __future__ import annotations

import asyncio

from .codec import PAXOS
from .defects import COMPOSITIONS
from .failpoints import Passing
from .host import Node
from .journal import Journal
from .messages import Envelope, Message, Value
from .network import admit_request
from .node_config import NodeConfig
from .storage import Store
from .tcp_host import Log, TcpHost


class PaxosNode(TcpHost):
    """Gives a node its services: sockets, timers, and the log."""

    def __init__(
        self, config: NodeConfig, store: Store, log: Log, journal: Journal, passing: Passing
    ) -> None:
        super().__init__(config, log, PAXOS, admit_request)
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
