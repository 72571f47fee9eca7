"""One run of a cluster: it starts, suffers, gets calm, and is killed and looked at.

The faults begin when all nodes listen and last for a while (`System.faults_s`). Then nodes are
restarted without delay, the network gets calm, and clients go on until they know enough. At the end
all nodes are killed, so that what is looked at is always what a crash has left.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from quorate.checker.errors import InputError

from .faults import Rates, Schedule, life, schedule
from .fork_server import ForkServer
from .node import OUTPUT_FILE, SupervisedNode
from .proxy import LOOPBACK, Address, FaultyNetwork, Traffic
from .striking import Strikes
from .system import Clients, Place, System
from .witness import DEATH, ClusterFinding, RunWitness

PATIENCE_S = 30.0
"""How long nodes may take to listen, and clients to know enough once it is calm."""
POLL_S = 0.02

Tasks = Sequence["asyncio.Task[None]"]


@dataclass
class Ran:
    """What happened in a run. `kills` are by point; those at a random time are under `kill`."""

    seed: int
    folder: Path
    traffic: Traffic = field(default_factory=Traffic)
    partitions: int = 0
    pauses: int = 0
    slowed: int = 0
    drifted: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    answers: int = 0
    decided: int = 0
    finished: bool = False
    """Whether clients learned enough in time."""
    unjudged: str | None = None
    """Why it is not known whether what was seen is right, where it is not."""
    findings: tuple[ClusterFinding, ...] = ()


async def run_once(
    system: System, rates: Rates, seed: int, folder: Path, server: ForkServer | None = None
) -> Ran:
    """Run a cluster in a folder, which is made. None of its processes is left.

    Raises InputError where a node cannot be started or never listens.
    """
    rates = rates.of_run(seed)
    with ExitStack() as held:
        addresses = _reserved(system, held)
        run = _Run(system, rates, seed, folder, addresses, server)
        async with FaultyNetwork(
            addresses, system.framing, rates, seed, run.witness.sent
        ) as network:
            return await run.play(network)


def _reserved(system: System, held: ExitStack) -> dict[str, Address]:
    """A port for each node. While we hold it nobody else gets it, but the node may listen."""
    found = {}
    for node in system.nodes:
        own = held.enter_context(socket.socket())
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            own.bind((LOOPBACK, 0))
        except OSError as error:
            raise InputError(f"no free port for {node}: {error.strerror or error}") from None
        found[node] = (LOOPBACK, own.getsockname()[1])
    return found


class _Run:
    def __init__(
        self,
        system: System,
        rates: Rates,
        seed: int,
        folder: Path,
        addresses: Mapping[str, Address],
        server: ForkServer | None,
    ) -> None:
        self.witness: RunWitness = system.witness()
        self._system, self._rates, self._seed = system, rates, seed
        self._addresses, self._folder = addresses, folder
        self._ran = Ran(seed, folder)
        self._calm = self._ending = False
        self._strikes: Strikes | None = None
        self._nodes: dict[str, SupervisedNode] = {}
        for node in system.nodes:
            (folder / node).mkdir(parents=True)
            self._nodes[node] = SupervisedNode(node, folder / node, self._printed, server)

    def _printed(self, node: str, line: str) -> None:
        self.witness.printed(node, line)

    async def play(self, network: FaultyNetwork) -> Ran:
        """The whole run."""
        places = {
            node: Place(node, self._addresses[node], network.seen_from(node), self._folder / node)
            for node in self._nodes
        }
        keepers = [asyncio.create_task(self._keep(place)) for place in places.values()]
        tasks = list(keepers)
        try:
            await self._until_listening(keepers)
            random = Random(f"{self._seed}/clients")
            clients = Clients(self._addresses, random, self.witness)
            work = asyncio.create_task(self._system.work(clients))
            drawn = self._drawn()
            strikes = Strikes(drawn, network, self._nodes, self.witness, self._system)
            self._strikes = strikes
            self._ran.partitions = len(drawn.partitions)
            faults = asyncio.create_task(strikes.befall())
            tasks += [work, faults]
            await self._watched([work, faults], tasks)
            faults.cancel()
            network.calm()
            strikes.end()
            self._ran.pauses, self._ran.slowed = strikes.pauses, strikes.slowed
            self._ran.drifted = strikes.drifted
            self._calm = True
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._watched([work], [work, *keepers])
                    read = asyncio.create_task(self._system.read(clients))
                    tasks.append(read)
                    await self._watched([read], [read, *keepers])
                self._ran.finished = read.done() and not self.witness.findings
            await self._end(keepers)
        finally:
            self._ending = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for node in self._nodes.values():
                node.abandon()
        self._ran.traffic = network.traffic
        self.witness.ended(self._folder)
        self._ran.unjudged = self.witness.unjudged
        self._ran.answers, self._ran.decided = self.witness.answers, self.witness.decided
        self._ran.findings = tuple(self.witness.findings)
        return self._ran

    def _drawn(self) -> Schedule:
        system = self._system
        return schedule(self._rates, system.nodes, self._seed, system.lasting_s, system.faults_s)

    async def _watched(self, any_of: Tasks, tasks: Tasks) -> None:
        """Wait for one of some tasks, or a finding, while no task may fail."""
        while not any(t.done() for t in any_of) and not self.witness.findings:
            await asyncio.wait(tasks, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()

    # ------------------------------------------------------------ nodes

    async def _until_listening(self, keepers: Tasks) -> None:
        loop, missing = asyncio.get_running_loop(), set(self._nodes)
        end_s = loop.time() + PATIENCE_S
        while missing and not self.witness.findings:
            for task in keepers:
                if task.done():
                    task.result()
            late = loop.time() > end_s  # before they are tried: this process may have stood still
            missing = {n for n in missing if not await _listens(self._addresses[n])}
            if missing and late:
                node = min(missing)
                port, said = self._addresses[node][1], _last_line(self._folder / node)
                raise InputError(
                    f"{node} does not listen on port {port} after {PATIENCE_S:g} s: {said}"
                )
            await asyncio.sleep(POLL_S)

    async def _keep(self, place: Place) -> None:
        """Start a node, and start it again whenever it was killed, until the run ends."""
        node, number = self._nodes[place.node], 0
        while not self._ending:
            number += 1
            drawn = life(self._rates, self._system.points, self._seed, place.node, number)
            point = None if self._calm else drawn.point
            failpoint = None if point is None else f"{point}:{drawn.passage}"
            await node.start(self._system.command(place), failpoint)
            if self._strikes is not None:
                self._strikes.started(place.node)
            if self._ending:  # The end did not find it, and waits for it.
                node.kill()
            self._ran.restarts += number > 1
            code = await node.ended()
            if code != -signal.SIGKILL or not (node.killed or point):
                said = _last_line(place.folder)
                self.witness.found(DEATH, f"{place.node} ended by itself, {_ending(code)}: {said}")
                return
            if self._ending:
                return
            self._ran.kills["kill" if node.killed or point is None else point] += 1
            self._look_at(place)
            if not self._calm:
                await asyncio.sleep(drawn.downtime_s)

    def _look_at(self, place: Place) -> None:
        """Show the witness what a dead node has left, in a copy: looking may change it."""
        with tempfile.TemporaryDirectory(prefix="quorate-") as copy:
            shutil.copytree(place.folder, copy, dirs_exist_ok=True)
            self.witness.died(place.node, Path(copy))

    async def _end(self, keepers: Tasks) -> None:
        self._ending = True
        for node in self._nodes.values():
            node.kill()
        await asyncio.gather(*keepers)
        for name in self._nodes:
            self._look_at(Place(name, self._addresses[name], {}, self._folder / name))


async def _listens(address: Address) -> bool:
    try:
        _, writer = await asyncio.open_connection(*address)
    except OSError:
        return False
    writer.close()
    return True


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def _last_line(folder: Path) -> str:
    lines = (folder / OUTPUT_FILE).read_text(errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"
