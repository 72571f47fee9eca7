"""A cluster of real processes on loopback: start, propose, kill, restart, compare.

Rules:
- Nothing is printed; what happens is reported to a callback, and the end is a value.
- Every child is stopped before `run_cluster` returns or raises, whatever happened.
- An earlier decision stands. The cluster commits it again and says so.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from quorate.impl.envelope import Value
from quorate.impl.errors import ClusterError, ConfigError, WireError
from quorate.impl.network.codec import check_value
from quorate.impl.paxos.records import LearnerRecord
from quorate.impl.paxos.storage import SqliteStore

from .children import LogLine, NodeProcess, free_addresses, stop_all
from .claim import check_size, claim
from .node_config import PAXOS, STORE_FILE, NodeConfig
from .paxos_requests import request_value

_REQUEST_PAUSE_S: Final = 0.2


@dataclass(frozen=True)
class ClusterEvent:
    """Something that happened: `started`, `listening`, `proposed`, `killed`, `restarted`,
    `committed`, `complaint`, `error`, `exited` or `stopped`."""

    kind: str
    node: str
    at_s: float
    pid: int | None = None
    value: Value | None = None
    message: str | None = None


@dataclass(frozen=True)
class ClusterResult:
    """What a cluster decided, and what each node's learner committed.

    `earlier` is the value that some node had already committed when the run began.
    """

    proposed: Value
    decided: Value
    committed: tuple[tuple[str, Value], ...]
    killed: tuple[str, ...]
    earlier: Value | None
    elapsed_s: float

    @property
    def agreement(self) -> bool:
        """Whether all nodes committed the same value."""
        return len({value for _, value in self.committed}) == 1

    @property
    def earlier_decision(self) -> bool:
        """Whether the data directory had settled the value before: committed it, or voted."""
        return self.earlier is not None or self.decided != self.proposed


Reporter: TypeAlias = Callable[[ClusterEvent], None]


def run_cluster(
    nodes: int,
    value: Value,
    data_dir: Path | None = None,
    timeout: float = 30.0,
    kill: int = 0,
    report: Reporter = lambda event: None,
    journal: bool = False,
) -> ClusterResult:
    """Run `nodes` processes until all of them have committed one value.

    The last `kill` of them, a minority, are killed with SIGKILL before the value is
    proposed, and restarted once the others have committed it. `timeout` in seconds
    bounds everything; without a `data_dir` the nodes' memory is thrown away. With `journal` each
    node keeps one, `journal.jsonl` in its folder of `data_dir`.
    """
    _check(nodes, value, timeout, kill)
    with ExitStack() as cleanup:
        if data_dir is None:
            data_dir = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="quorate-")))
        members = tuple(f"n{index}" for index in range(nodes))
        claim(data_dir, PAXOS, members)
        run = _Run(members, data_dir, report, _earlier_value(data_dir, members), journal)
        return asyncio.run(run.within(timeout, value, members[nodes - kill :]))


def _check(nodes: int, value: Value, timeout: float, kill: int) -> None:
    check_size(nodes)
    minority = (nodes - 1) // 2
    if not 0 <= kill <= minority:
        raise ConfigError(
            f"Of {nodes} nodes at most {minority} may be killed, not {kill}: "
            f"without a majority nothing is decided."
        )
    if not timeout > 0:
        raise ConfigError(f"The timeout must be above zero seconds, not {timeout}.")
    try:
        check_value(value)
    except WireError as error:
        raise ConfigError(str(error)) from None


def _earlier_value(data_dir: Path, members: Sequence[str]) -> Value | None:
    """What an earlier run committed. Opening each store also finds one that is in use."""
    for path in (data_dir / name / STORE_FILE for name in members):
        if path.exists():
            with closing(SqliteStore(path)) as store:
                record = store.load("learner")
            if isinstance(record, LearnerRecord) and record.committed is not None:
                return record.committed
    return None


class _Run:
    """One run of a cluster, from the first process to the last."""

    def __init__(
        self,
        members: Sequence[str],
        data_dir: Path,
        report: Reporter,
        earlier: Value | None,
        journal: bool,
    ) -> None:
        addresses = dict(zip(members, free_addresses(len(members)), strict=True))
        self._report = report
        self._earlier = earlier
        self._begin_s = time.monotonic()
        self._news = asyncio.Event()
        self._expected_exits: set[str] = set()
        self._report_error: Exception | None = None
        self._nodes = [
            NodeProcess(
                NodeConfig(name, addresses, str(data_dir / name), journal=journal), self._on_line
            )
            for name in members
        ]

    async def within(
        self, timeout_s: float, value: Value, victims: Collection[str]
    ) -> ClusterResult:
        """The whole run, bounded in time, with every child stopped at its end."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._play(value, victims)
        except TimeoutError:
            raise ClusterError(self._unfinished(timeout_s)) from None
        finally:
            await stop_all(self._nodes)
        return self._result(value, victims)

    async def _play(self, value: Value, victims: Collection[str]) -> None:
        for node in self._nodes:
            await node.start()
            self._tell("started", node)
        await self._until(lambda: all(node.listening for node in self._nodes))
        hit = [node for node in self._nodes if node.name in victims]
        others = [node for node in self._nodes if node.name not in victims]
        for node in hit:
            self._expected_exits.add(node.name)
            await node.kill()
            self._tell("killed", node)
        await self._propose(others[0], value)
        await self._until(lambda: all(node.committed is not None for node in others))
        for node in hit:
            self._expected_exits.discard(node.name)
            await node.start()
            self._tell("restarted", node)
        await self._until(lambda: all(node.committed is not None for node in self._nodes))

    async def _propose(self, node: NodeProcess, value: Value) -> None:
        """Ask one node, while watching that a majority stays alive to answer."""
        self._tell("proposed", node, value)
        answer = asyncio.create_task(self._request(node, value))
        try:
            await self._until(answer.done)
            await answer
        finally:
            answer.cancel()

    async def _request(self, node: NodeProcess, value: Value) -> None:
        try:
            await request_value(node.address, node.name, "client", value)
        except WireError as error:
            # A dead node is found out by its exit, which says more than a broken connection.
            await asyncio.sleep(_REQUEST_PAUSE_S)
            raise ClusterError(str(error)) from None
        finally:
            self._news.set()

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            if self._report_error is not None:
                raise self._report_error
            self._check_alive()
            self._news.clear()
            await self._news.wait()

    def _check_alive(self) -> None:
        """A node that ended on its own is an error at once, not at the timeout."""
        lost = [n for n in self._nodes if not n.alive and n.name not in self._expected_exits]
        if not lost:
            return
        why = next((node.error for node in lost if node.error is not None), None)
        raise ClusterError(
            f"{_names(lost)} ended unexpectedly: {why}"
            if why is not None
            else f"{_names(lost)} of {len(self._nodes)} nodes ended unexpectedly."
        )

    def _on_line(self, node: NodeProcess, line: LogLine) -> None:
        try:
            self._tell(line.event, node, line.value, line.message)
        except Exception as error:
            # The caller's callback failed, in a task that nobody awaits: end the run with it.
            self._report_error = error
        self._news.set()

    def _tell(
        self,
        kind: str,
        node: NodeProcess,
        value: Value | None = None,
        message: str | None = None,
    ) -> None:
        at_s = time.monotonic() - self._begin_s
        self._report(ClusterEvent(kind, node.name, at_s, node.pid, value, message))

    def _unfinished(self, timeout_s: float) -> str:
        missing = [node for node in self._nodes if node.committed is None]
        return f"After {timeout_s:g} s {_names(missing)} had not committed a value."

    def _result(self, value: Value, victims: Collection[str]) -> ClusterResult:
        committed = tuple(
            (node.name, node.committed) for node in self._nodes if node.committed is not None
        )
        return ClusterResult(
            proposed=value,
            decided=committed[0][1],
            committed=committed,
            killed=tuple(victims),
            earlier=self._earlier,
            elapsed_s=time.monotonic() - self._begin_s,
        )


def _names(nodes: Sequence[NodeProcess]) -> str:
    return ", ".join(node.name for node in nodes)
