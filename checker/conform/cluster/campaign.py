"""Run after run for a set time, each judged by its witness and its logs; the first finding ends it.

Run number k has the seed of the whole plus k, so that a run that found something comes first when
its own seed is given. Some runs go on at the same time: nodes mostly wait. Each is judged before
another takes its place, so that judging keeps up.
"""

from __future__ import annotations

import asyncio
import enum
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from quorate.checker.conform.logs.outcome import LogVerdict, Validation
from quorate.checker.errors import InputError
from quorate.model.language import Protocol

from .faults import Rates
from .fork_server import ForkServer
from .judging import judge, logs_of, tail
from .proxy import Traffic
from .run import Ran, run_once
from .system import System
from .witness import LOG, ClusterFinding

SECONDS = 60.0
TAIL = 5


class ClusterVerdict(enum.Enum):
    """How a cluster fared."""

    CONFORMS = "conforms"
    DIFFERS = "does not conform"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class FoundInRun:
    """What was found in a run, and where its files are."""

    seed: int
    number: int
    """The number of the run, from 1."""
    elapsed_s: float
    """When, since the first run began."""
    findings: tuple[ClusterFinding, ...]
    validation: Validation | None
    tails: tuple[tuple[str, tuple[str, ...]], ...]
    """The last lines of each log, by its path within the folder."""
    folder: Path


@dataclass
class Campaign:
    """What was done, and what came of it."""

    seed: int
    rates: Rates
    points: tuple[str, ...]
    slows: bool = False
    """Whether the system's nodes can have a slow disk."""
    drifts: bool = False
    """Whether their clocks can drift."""
    runs: int = 0
    finished: int = 0
    """Runs in which clients learned enough in time."""
    answers: int = 0
    decided: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    partitions: int = 0
    pauses: int = 0
    slowed: int = 0
    drifted: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    lines: int = 0
    steps: int = 0
    validated: int = 0
    unjudged: list[tuple[int, str]] = field(default_factory=list)
    """The seeds of runs that were not judged to the end, and why."""
    seconds: float = 0.0
    found: FoundInRun | None = None

    def add(self, ran: Ran) -> None:
        """Count a run."""
        self.runs += 1
        self.finished += ran.finished
        self.answers += ran.answers
        self.decided += ran.decided
        self.traffic.add(ran.traffic)
        self.partitions += ran.partitions
        self.pauses += ran.pauses
        self.slowed += ran.slowed
        self.drifted += ran.drifted
        self.kills += ran.kills
        self.restarts += ran.restarts
        if ran.unjudged is not None:
            self.unjudged.append((ran.seed, ran.unjudged))

    def add_validation(self, seed: int, validation: Validation) -> None:
        """Count what a run's logs say."""
        self.lines += validation.explained
        self.steps += validation.steps
        self.validated += validation.verdict is LogVerdict.EXPLAINED
        if validation.verdict is LogVerdict.INCONCLUSIVE:
            self.unjudged.append((seed, validation.reason or "for no reason given"))

    @property
    def verdict(self) -> ClusterVerdict:
        """Whether the cluster conforms, as far as that was tested."""
        if self.found is not None:
            return ClusterVerdict.DIFFERS
        return ClusterVerdict.INCONCLUSIVE if self.reasons else ClusterVerdict.CONFORMS

    @property
    def happened(self) -> list[tuple[str, float, int]]:
        """The faults by kind: how often they were asked for, and how often they happened."""
        rates, traffic = dict(self.rates.items()), self.traffic
        times = {
            "loss": traffic.lost,
            "duplicate": traffic.duplicated,
            "delay": traffic.delayed,
            "reorder": traffic.reordered,
            "cut": traffic.cut,
            "partition": self.partitions,
            "kill": self.kills["kill"],
            "pause": self.pauses,
        }
        if self.slows:
            times["slow"] = self.slowed
        if self.drifts:
            times["clock"] = self.drifted
        faults = [(name, rates[name], n) for name, n in times.items()]
        return faults + [(point, rates["point"], self.kills[point]) for point in self.points]

    @property
    def reasons(self) -> list[str]:
        """Why nothing follows from that nothing was found."""
        found = []
        if not self.decided:
            found.append("nothing was decided")
        if not any(rate for _, rate, _ in self.happened):
            found.append("no fault was asked for")
        never = [name for name, rate, times in self.happened if rate and not times]
        if never:
            found.append(f"some faults did not happen: {', '.join(never)}")
        if not self.validated:
            found.append("no log was held against a model")
        if self.unjudged:
            seed, why = self.unjudged[0]
            n = len(self.unjudged)
            of = f"{n} run{'s' if n > 1 else ''}"
            found.append(f"{of} could not be judged to the end; with seed {seed}: {why}")
        return found


def campaign(
    system: System,
    protocol: type[Protocol] | None,
    rates: Rates,
    *,
    seconds: float = SECONDS,
    runs: int | None = None,
    seed: int = 0,
    keep: Path | None = None,
    told: Callable[[Campaign], None] = lambda campaign: None,
) -> Campaign:
    """Run a cluster again and again, for some seconds, or so many runs if that comes first.

    `keep` is a folder for the files of all runs. Without it they are removed, but for those of a
    run that found something. `told` is called after each run. Raises InputError.
    """
    with _folder(keep) as folder:
        campaign = _Campaigner(system, protocol, rates, folder, keep is not None, seed, told)
        return asyncio.run(campaign.go(seconds, runs))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where the runs are: kept if that is wanted, or something is left in it at the end."""
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix="quorate-cluster-"))
    else:
        folder = keep.absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            used = any(folder.iterdir())
        except OSError as error:
            raise InputError(f"{keep}: cannot be used: {error.strerror}", str(keep)) from None
        if used:
            raise InputError(f"{keep}: is not empty, expected a folder for the runs", str(keep))
    try:
        yield folder
    except BaseException:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if keep is None and not any(folder.iterdir()):
        folder.rmdir()


class _Campaigner:
    def __init__(
        self,
        system: System,
        protocol: type[Protocol] | None,
        rates: Rates,
        folder: Path,
        keep: bool,
        seed: int,
        told: Callable[[Campaign], None],
    ) -> None:
        self._system, self._protocol, self._rates = system, protocol, rates
        self._folder, self._keep, self._told = folder, keep, told
        slows, drifts = system.slow_disk(0.0) is not None, system.clock_rate(1.0) is not None
        self._done = Campaign(seed, rates, tuple(system.points), slows, drifts)
        self._next = 0
        # One thread: the others are for the nodes.
        self._thread = ThreadPoolExecutor(1)

    async def go(self, seconds: float, runs: int | None) -> Campaign:
        self._begin_s = time.monotonic()
        self._end_s = self._begin_s + seconds
        self._runs = runs
        try:
            async with AsyncExitStack() as held:
                module, server = self._system.python_module, None
                if module is not None:
                    server = await held.enter_async_context(ForkServer(module))
                lanes = [
                    asyncio.create_task(self._lane(server)) for _ in range(self._system.at_once)
                ]
                try:
                    await self._until_found(lanes)
                finally:
                    for lane in lanes:
                        lane.cancel()
                    await asyncio.gather(*lanes, return_exceptions=True)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)
        await self._judge_found()
        self._done.seconds = time.monotonic() - self._begin_s
        return self._done

    async def _until_found(self, lanes: Sequence[asyncio.Task[None]]) -> None:
        """Wait until all runs are over, or something is found: what still runs says no more."""
        going: set[asyncio.Task[None]] = set(lanes)
        while going and self._done.found is None:
            over, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            for lane in over:
                lane.result()

    async def _judge_found(self) -> None:
        """What the logs say of a run in which something else was found."""
        found = self._done.found
        if found is None or self._protocol is None or found.validation is not None:
            return
        validation = await asyncio.to_thread(judge, self._system, self._protocol, found.folder)
        self._done.found = replace(
            found, findings=(*found.findings, *_unexplained(validation)), validation=validation
        )

    def _more(self) -> bool:
        enough = self._runs is not None and self._next >= self._runs
        return self._done.found is None and not enough and time.monotonic() < self._end_s

    async def _lane(self, server: ForkServer | None) -> None:
        while self._more():
            number = self._next
            self._next += 1
            seed = self._done.seed + number
            folder = self._folder / f"run-{seed}"
            try:
                await self._one(number, seed, folder, server)
            finally:
                found = self._done.found
                if not (self._keep or (found is not None and found.folder == folder)):
                    shutil.rmtree(folder, ignore_errors=True)

    async def _one(self, number: int, seed: int, folder: Path, server: ForkServer | None) -> None:
        ran = await run_once(self._system, self._rates, seed, folder, server)
        validation = None
        if self._protocol is not None and not ran.findings:
            validation = await asyncio.get_running_loop().run_in_executor(
                self._thread, judge, self._system, self._protocol, folder
            )
        self._count(number, ran, validation)
        self._told(self._done)

    def _count(self, number: int, ran: Ran, validation: Validation | None) -> None:
        done = self._done
        done.add(ran)
        if validation is not None:
            done.add_validation(ran.seed, validation)
        failed = validation is not None and validation.verdict is LogVerdict.UNEXPLAINED
        if (ran.findings or failed) and done.found is None:
            done.found = self._found(number, ran, validation)

    def _found(self, number: int, ran: Ran, validation: Validation | None) -> FoundInRun:
        elapsed_s = time.monotonic() - self._begin_s
        findings = (*ran.findings, *_unexplained(validation))
        paths = logs_of(self._system, ran.folder)
        tails = tuple((str(p.relative_to(ran.folder)), tail(p, TAIL)) for p in paths)
        return FoundInRun(ran.seed, number + 1, elapsed_s, findings, validation, tails, ran.folder)


def _unexplained(validation: Validation | None) -> tuple[ClusterFinding, ...]:
    """The finding of logs that no run explains."""
    if validation is None or validation.verdict is not LogVerdict.UNEXPLAINED:
        return ()
    assert validation.failure is not None, "some line has no explanation"
    return (ClusterFinding(LOG, f"no run of the model explains {validation.failure.place}", 0.0),)
