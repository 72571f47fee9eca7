"""A replica on an event loop: its clock, its turns, and what its parent process asks of it.

Rules:
- A turn has all that was ready in one round of the event loop, or the first `batch` of it. While
  the disk is synced nothing is read, so what comes meanwhile is one turn.
- The clock never stops, whatever the process does (`node_clock`). It is read before each input is
  handled, when that has arrived already. What is due is done after the mail: a node that was late
  hears what has arrived before it decides that nobody is there.
- That order makes reads by leases linearizable: the clock is read, the lease is tested, the store
  is read. A pause before the clock is read ends the lease. One after it is harmless: the value was
  current when the clock was read, between the question and its answer. And whoever hears from a
  leader counts from a time after the leader's round began, at which the lease begins.
- The parent writes JSON lines: `{"cut_off": ["n1"]}`, `{"transfer": "n1"}`, `{"members": ["n0"]}`,
  `{"disk_delay_s": 0.2}`, `{"clock_rate": 0.5}`, `{"status": true}`. The log says what is
  `refused`, and has a `status` when one is asked for, and when leader, term or role change.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import msgspec

from quorate.impl.durable.journal import Journal
from quorate.impl.durable.record_log import RecordLog
from quorate.impl.durable.slow_disk import SlowDisk
from quorate.impl.envelope import Envelope
from quorate.impl.errors import ProtocolRefusal, WireError
from quorate.impl.raft.options import by_leases
from quorate.impl.replicated.host import ReplicaHost
from quorate.impl.replicated.replica import Status
from quorate.impl.replicated.turns import TurnJournal

from .node_clock import NodeClock
from .node_config import NodeConfig
from .systems import admit_submission, codec_of, variant_of
from .tcp_host import Log, TcpHost


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the parent asks: to drop what comes from and goes to these peers; that another one
    leads, or that the members are others; that each sync of the disk takes so many seconds more;
    that the clock runs so many times as fast as time; for a status.
    """

    cut_off: list[str] | None = None
    transfer: str | None = None
    members: list[str] | None = None
    disk_delay_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    clock_rate: Annotated[float, msgspec.Meta(gt=0)] | None = None
    status: bool = False


class ReplicaNode(TcpHost):
    """Gives a replica its services: sockets, a clock, a disk, and the log."""

    def __init__(
        self,
        config: NodeConfig,
        records: RecordLog[Any],
        log: Log,
        disk: SlowDisk,
        journal: Journal | None = None,
    ) -> None:
        turns = None if journal is None else TurnJournal(config.name, journal)
        trace = None if turns is None else turns.step
        margin_s = config.lease_margin_s
        options = None if margin_s is None else by_leases(margin_s / config.tick_s)
        system = variant_of(config.protocol, config.composition, trace, config.batch, options)
        super().__init__(config, log, codec_of(system), admit_submission)
        self._loop = asyncio.get_running_loop()
        self._tick_s, self._ticks = config.tick_s, 0
        self._batch, self._disk = config.batch, disk
        self._inbox: deque[Callable[[], None]] = deque()
        self._turn_ends = False
        self._shown: Status | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._host = ReplicaHost[Any, Any](
            system,
            config.name,
            config.members,
            records,
            self.send,
            passing=disk,
            journal=turns,
        )
        self._clock = NodeClock()

    def begin(self) -> None:
        """Start the clock."""
        self._show()
        self._wind()

    def end(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()

    def deliver(self, envelope: Envelope[Any]) -> None:
        """A message has arrived."""
        self._input(lambda: self._take(envelope))

    def obey(self, line: bytes) -> None:
        """Do what the parent asks."""
        try:
            order = msgspec.json.decode(line, type=Order)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._log("complaint", message=f"found {line!r} on stdin, expected an order: {error}")
            return
        if order.cut_off is not None:
            self._transport.cut_off(order.cut_off)
        if order.transfer is not None:
            self._ask(partial(self._host.transfer, order.transfer))
        if order.members is not None:
            self._ask(partial(self._host.reconfigure, order.members))
        if order.disk_delay_s is not None:
            self._disk.delay_s = order.disk_delay_s
        if order.clock_rate is not None:
            self._clock.run_at(order.clock_rate)
        if order.status:
            self._show(always=True)

    def _ask(self, action: Callable[[], None]) -> None:
        """An order of the parent goes before what waits: it is told at once what is refused."""
        self._pass_time()
        try:
            action()
        except ProtocolRefusal as error:
            self._log("refused", message=str(error))
        self._end_soon()

    def _wind(self) -> None:
        # Timers come after what the loop has to read: they must not outrun the mail.
        self._timer = self._loop.call_later(
            self._clock.wait_s(self._tick_s),
            lambda: self._loop.call_soon(lambda: self._guarded(self._tick)),
        )

    def _tick(self) -> None:
        self._input(self._host.fire_timers)
        self._wind()

    def _pass_time(self) -> None:
        """Bring the replica's clock up to the node's."""
        ticks = int(self._clock.read_s() / self._tick_s)
        if ticks > self._ticks:
            self._host.pass_time(ticks - self._ticks)
            self._ticks = ticks

    def _input(self, action: Callable[[], None]) -> None:
        """Handle an input in the next turn, with what else is ready."""
        self._inbox.append(action)
        self._end_soon()

    def _take(self, envelope: Envelope[Any]) -> None:
        try:
            self._host.take(envelope)
        except WireError as error:
            self._log("complaint", message=str(error))

    def _end_soon(self) -> None:
        if not self._turn_ends:
            self._turn_ends = True
            self._loop.call_soon(lambda: self._guarded(self._end_turn))

    def _end_turn(self) -> None:
        self._turn_ends = False
        waiting = len(self._inbox)
        for _ in range(waiting if self._batch is None else min(waiting, self._batch)):
            self._pass_time()
            self._inbox.popleft()()
        self._host.end_turn()
        self._show()
        if self._inbox:
            self._end_soon()

    def _show(self, *, always: bool = False) -> None:
        """Log the status if it is another one, but for how far commands have come."""
        status, shown = self._host.status(), self._shown
        same = shown is not None and _key(status) == _key(shown)
        if always or not same:
            self._shown = status
            self._log("status", status=status, sent=self._host.sent)


def _key(status: Status) -> tuple[Any, ...]:
    return status.role, status.leader, status.term
