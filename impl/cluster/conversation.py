"""A person, or a script, at a cluster: each command with what came of it, in words and as data."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
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
    Reconfigure,
    RestartNode,
    ShowStatus,
    Submit,
    Transfer,
    Typed,
)
from .replica_cluster import StoreCluster, leader_of
from .tcp_client import StoreClient, Unanswered

PATIENCE_S: Final = 10.0
NOT_YET: Final = "Not in time: it may happen yet, or be given up."


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
            case Reconfigure(members):
                return await self._reconfigure([await self._named(node) for node in members])
            case Transfer(node):
                return await self._transfer(await self._named(node))
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
        most, members = committed(statuses), members_of(statuses)
        rows = [_row(name, status, most, name in members) for name, status in statuses.items()]
        plain = {name: _plain(status) for name, status in statuses.items()}
        return Response((status_line(statuses), *rows), plain)

    async def status_line(self) -> str:
        """The cluster in one line."""
        return status_line(await self._cluster.status())

    async def caught_up(self) -> bool:
        """Pause until all members run and have committed as much; False if not in time."""
        return await self._seen(lambda found: leader_of(found) is not None and _equal(found))

    async def _submit(self, command: Command) -> Response:
        try:
            result = await self._client.call(command, self._patience_s)
        except Unanswered as error:
            return Response((str(error),), known=False)
        return Response((_said(command, result),), result)

    async def _reconfigure(self, members: list[str]) -> Response:
        leader = await self._cluster.leader(self._patience_s)
        await self._cluster.reconfigure(leader, members)
        done = await self._seen(lambda found: set(members_of(found)) == set(members))
        return Response((f"{' '.join(members)} decide" if done else NOT_YET,), members, done)

    async def _transfer(self, target: str) -> Response:
        await self._cluster.transfer(await self._cluster.leader(self._patience_s), target)
        done = await self._seen(lambda found: leader_of(found) == target)
        return Response((f"{target} leads" if done else NOT_YET,), target, done)

    async def _seen(self, reached: Callable[[Mapping[str, Status | None]], bool]) -> bool:
        """Pause until the nodes' statuses show something; False if not in time."""
        end_s = time.monotonic() + self._patience_s
        while not (seen := reached(await self._cluster.status())) and time.monotonic() < end_s:
            await asyncio.sleep(0.05)
        return seen

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
    members = members_of(statuses)
    others = [f"{n} {_behind(s, most, n in members)}" for n, s in statuses.items() if n != leader]
    return "; ".join([f"{who}, term {term}, commit {most}", *others])


def members_of(statuses: Mapping[str, Status | None]) -> tuple[str, ...]:
    """Who decides, as the leader knows; all nodes as long as nobody leads."""
    leader = leader_of(statuses)
    status = None if leader is None else statuses[leader]
    return tuple(statuses) if status is None else status.members


def _behind(status: Status | None, most: int, member: bool) -> str:
    if status is None:
        return "down"
    if not member:
        return "no member"
    return f"{most - status.commit} behind" if status.commit < most else "up to date"


def _row(name: str, status: Status | None, most: int, member: bool) -> str:
    if status is None:
        return f"  {name}  down"
    return (
        f"  {name}  {status.role:<9}  term {status.term}  commit {status.commit}  "
        f"applied {status.applied}  {_behind(status, most, member)}"
    )


def _plain(status: Status | None) -> dict[str, Any] | None:
    return None if status is None else {f: getattr(status, f) for f in status.__struct_fields__}


def _equal(statuses: Mapping[str, Status | None]) -> bool:
    members = [statuses[name] for name in members_of(statuses)]
    commits = {None if status is None else status.commit for status in members}
    return len(commits) == 1 and None not in commits


def _said(command: Command, result: Result) -> str:
    if isinstance(command, Get):
        return "nothing" if result is None else str(result)
    if isinstance(command, CompareAndSet) and not result:
        return "no: something else is there"
    return "ok"
