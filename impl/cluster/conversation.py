"""A person, or a script, at a cluster: each command with what came of it, in words and as data."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from quorate.impl.errors import ClusterError
from quorate.impl.replicated.replica import Status
from quorate.impl.store import Command, CompareAndSet, Get, Result

from .commands import (
    LEADER,
    USAGE,
    Heal,
    Help,
    KillNode,
    Part,
    Pause,
    Quit,
    RestartNode,
    ShowStatus,
    Submit,
    Typed,
)
from .replica_cluster import StoreCluster, leader_of
from .tcp_client import StoreClient, Unanswered

PATIENCE_S: Final = 10.0
CATCH_UP_S: Final = 10.0


@dataclass(frozen=True)
class Response:
    """What came of a command: lines for people, and the same as data."""

    lines: tuple[str, ...]
    data: Any = None
    known: bool = True
    """Whether it is known what came of it."""


class Conversation:
    """Commands, one after another, by one client of the cluster."""

    def __init__(
        self, cluster: StoreCluster, client: StoreClient, patience_s: float = PATIENCE_S
    ) -> None:
        self._cluster, self._client, self._patience_s = cluster, client, patience_s

    async def do(self, typed: Typed) -> Response:
        """Carry out a command. Raises ClusterError for what cannot be done now."""
        match typed:
            case Submit(command):
                return await self._submit(command)
            case KillNode(node):
                return await self.kill(await self._named(node))
            case RestartNode(node):
                return await self.restart(await self._named(node))
            case Part(groups):
                return await self._part(groups)
            case Heal():
                self._cluster.heal()
                return Response(("all nodes reach each other",))
            case Pause(seconds):
                await asyncio.sleep(seconds)
                return Response(())
            case ShowStatus():
                return await self.status()
            case Help():
                return Response(tuple(f"{name} {usage}".strip() for name, usage in USAGE.items()))
            case Quit():
                return Response(())

    async def trouble(self, kill: int, cut: int) -> list[str]:
        """Once a node leads, kill some nodes, the leader first, and cut off some others."""
        if kill + cut == 0:
            return []
        leader = await self._cluster.leader(self._patience_s)
        others = [name for name in self._cluster.names if name != leader]
        killed, off = [leader, *others][:kill], [leader, *others][kill : kill + cut]
        for name in killed:
            await self._cluster.kill(name)
        if off:
            self._cluster.partition([off])
        return [*killed, *off]

    async def mend(self, troubled: Iterable[str]) -> None:
        """Let all nodes reach each other, and restart those of the troubled that are down."""
        self._cluster.heal()
        for name in troubled:
            await self._cluster.restart(name)

    async def kill(self, node: str) -> Response:
        """Kill a node that runs."""
        if node not in self._cluster.running:
            raise ClusterError(f"{node} is down already.")
        await self._cluster.kill(node)
        return Response((f"{node} killed",), node)

    async def restart(self, node: str) -> Response:
        """Start a node that is down."""
        if node in self._cluster.running:
            raise ClusterError(f"{node} runs: kill it first.")
        await self._cluster.restart(node)
        return Response((f"{node} restarted",), node)

    async def status(self) -> Response:
        """How every node is, and how far behind."""
        statuses = await self._cluster.status()
        rows = [_row(name, status, committed(statuses)) for name, status in statuses.items()]
        plain = {name: _plain(status) for name, status in statuses.items()}
        return Response((status_line(statuses), *rows), plain)

    async def status_line(self) -> str:
        """The cluster in one line."""
        return status_line(await self._cluster.status())

    async def caught_up(self) -> bool:
        """Pause until all nodes run and have committed as much as any; False if not in time."""
        for _ in range(int(CATCH_UP_S / 0.1)):
            statuses = await self._cluster.status()
            if leader_of(statuses) is not None and _equal(statuses):
                return True
            await asyncio.sleep(0.1)
        return False

    async def _submit(self, command: Command) -> Response:
        try:
            result = await self._client.call(command, self._patience_s)
        except Unanswered as error:
            return Response((str(error),), known=False)
        return Response((_said(command, result),), result)

    async def _part(self, groups: tuple[tuple[str, ...], ...]) -> Response:
        named = [[await self._named(node) for node in group] for group in groups]
        self._cluster.partition(named)
        rest = [n for n in self._cluster.names if not any(n in group for group in named)]
        parts = [" ".join(group) for group in (*named, rest) if group]
        return Response((f"cut apart: {' / '.join(parts)}",), parts)

    async def _named(self, node: str) -> str:
        return await self._cluster.leader(self._patience_s) if node == LEADER else node


def committed(statuses: Mapping[str, Status | None]) -> int:
    """The most that any node knows to be committed."""
    return max((status.commit for status in statuses.values() if status is not None), default=0)


def status_line(statuses: Mapping[str, Status | None]) -> str:
    """Leader, term and commit index, and how far each other node is behind."""
    leader, most = leader_of(statuses), committed(statuses)
    term = max((status.term for status in statuses.values() if status is not None), default=0)
    who = f"{leader} leads" if leader is not None else "nobody leads"
    others = [f"{n} {_behind(s, most)}" for n, s in statuses.items() if n != leader]
    return "; ".join([f"{who}, term {term}, commit {most}", *others])


def _behind(status: Status | None, most: int) -> str:
    if status is None:
        return "down"
    return f"{most - status.commit} behind" if status.commit < most else "up to date"


def _row(name: str, status: Status | None, most: int) -> str:
    if status is None:
        return f"  {name}  down"
    return (
        f"  {name}  {status.role:<9}  term {status.term}  commit {status.commit}  "
        f"applied {status.applied}  {_behind(status, most)}"
    )


def _plain(status: Status | None) -> dict[str, Any] | None:
    return None if status is None else {f: getattr(status, f) for f in status.__struct_fields__}


def _equal(statuses: Mapping[str, Status | None]) -> bool:
    commits = {None if status is None else status.commit for status in statuses.values()}
    return len(commits) == 1 and None not in commits


def _said(command: Command, result: Result) -> str:
    if isinstance(command, Get):
        return "nothing" if result is None else str(result)
    if isinstance(command, CompareAndSet) and not result:
        return "no: something else is there"
    return "ok"
