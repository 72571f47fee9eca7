"""The head of a search on a Ray cluster: it directs the shards, level by level.

Every process is a shard: it owns the states of a part of the hashes. In a round, each shard expands
some of its states and sends the successors to their shards through Ray's object store. Then each
shard inserts what it received, in the order of the shards. A level ends when all shards have done
so. Depth, verdict and the length of a counterexample are those of a search on one machine, and so
are the counts of a complete search. With a checkpoint, a lost shard is rebuilt from the last
complete level, and the others go back to that level.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import ray

from quorate.checker.errors import InputError
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search.coverage import guard_coverage, outside
from quorate.checker.explore.search.interface import Progress, SearchEngine
from quorate.checker.ground.packing import Words
from quorate.checker.results import Exploration, Finding, GuardCoverage, Move, Outcome
from quorate.model.language.digest import digest
from quorate.model.language.interpreter import State

from .saved import Folder, Manifest, SavedError
from .shard import Level, Shard, Work

if TYPE_CHECKING:
    from quorate.checker.explore.codegen.blocked import Goal

ROUND = 1 << 17  # states that a shard expands before it hands over what it made
ATTEMPTS = 5  # how often in a row one level is begun again


class _Process(Shard):
    """A shard as Ray calls it."""

    def hand_over(self, most: int) -> Any:
        """The results of `expand`. Ray splits a list of several results, but not a list of one."""
        bundles = self.expand(most)
        return bundles if len(bundles) > 1 else bundles[0]


class ClusterError(InputError):
    """The cluster failed, and there is no checkpoint to resume from."""


def connect(address: str) -> None:
    """Join a Ray cluster at an address, or `auto`; `local` starts one on this machine.

    With `local` and `auto` a cluster that this process has joined before is used again. Raises
    InputError where there is none.
    """
    if address in ("local", "auto") and ray.is_initialized():
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    # Ray otherwise gives every worker an environment of its own where the driver runs under uv.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        if address == "local":
            ray.init(include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except Exception as error:  # where nothing starts in time, Ray raises just that
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"--ray {address}: {reason}; start a cluster with `ray start --head`, or say "
            "--ray local"
        ) from None


def workers_available() -> int:
    """The number of shards that fit on the cluster: one for each core."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def work_of(model: CompiledModel, shards: int, memory: int | None) -> Work:
    """What the shards of a search must know; `memory` is for all of them together."""
    k = model.kernel
    return Work(
        text=k.code.text,
        successors=k.functions[0],
        check=k.functions[1],
        weigh="weigh" if k.reducing else None,
        words=k.words,
        keyed=k.keyed,
        bad=k.bad,
        most_successors=k.most_successors,
        actions=len(k.actions),
        shards=shards,
        memory=None if memory is None else memory // shards,
    )


@dataclass
class ClusterSearch(SearchEngine):
    """One search over `shards` processes of the cluster that this process has joined.

    `memory` is for all shards together, in bytes. `checkpoint` is a path or URL that all machines
    reach. Raises SavedError, ClusterError, SizeError.
    """

    model: CompiledModel
    shards: int
    memory: int | None = None
    checkpoint: str | None = None
    handles: list[Any] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.sizes = self.model.sizes
        if self.checkpoint is not None and "://" not in self.checkpoint:
            self.checkpoint = str(Path(self.checkpoint).resolve())  # workers are elsewhere

    # ------------------------------------------------------------ beginning

    def begin(self) -> Outcome | None:
        self._begin()
        if (outcome := self._initial()) is not None:
            return outcome
        finished = self._manifest.outcome == Outcome.HOLDS.value
        return Outcome.HOLDS if finished else None

    def close(self) -> None:
        """End the processes."""
        for handle in self.handles:
            ray.kill(handle)

    def _begin(self) -> None:
        k = self.model.kernel
        self._work = ray.put(work_of(self.model, self.shards, self.memory))
        self._violation: tuple[int, int] | None = None
        self._undefined: tuple[int, int] | None = None  # the label, and the number of the state
        self._manifest = self._resumed() or Manifest(self._identity(), fired=[0] * len(k.actions))
        self.initial = self.model.initial()
        self.handles = [self._shard(q) for q in range(self.shards)]
        if self._manifest.counts:
            ray.get([self._load(q) for q in range(self.shards)])
        else:
            packed = ray.put(np.ascontiguousarray(self.initial.rows).reshape(-1))
            ray.get([h.begin.remote(packed) for h in self.handles])
            self._complete(ray.get([h.finish_level.remote() for h in self.handles]))

    def _identity(self) -> dict[str, Any]:
        """What a checkpoint must agree on to be of this search."""
        g = self.model
        return {
            "invariants": sorted(p.name for p in g.description.invariants),
            "sizes": dict(g.sizes),
            "faults": dict(g.sizes.faults),
            "symmetry": g.symmetry,
            "model": digest(g.description),  # which has the invariants in it: they were first
            "owners": self.shards,
        }

    def _resumed(self) -> Manifest | None:
        if self.checkpoint is None:
            return None
        folder = Folder(self.checkpoint)
        folder.create()
        return folder.read_manifest(self._identity())

    def _shard(self, q: int) -> Any:
        return ray.remote(_Process).options(num_cpus=1, max_restarts=0).remote(self._work, q)

    def _load(self, q: int) -> Any:
        m = self._manifest
        before = m.counts[-2][q] if len(m.counts) > 1 else 0
        return self.handles[q].load.remote(self.checkpoint, [row[q] for row in m.checksums], before)

    def _initial(self) -> Outcome | None:
        """The invariants of the initial states."""
        seen = self.model.confirm.look(self.initial)
        self._manifest.reached |= seen.reached
        if seen.found:
            self._bad_initial = self.initial.states[seen.where], seen.found
        return Outcome.VIOLATED if seen.found else None

    # ------------------------------------------------------------ level by level

    def expand(self) -> Outcome | None:
        """Expand a level; repeat it if a process was lost."""
        for failed in itertools.count(1):
            try:
                return self._complete(self._level())
            except ray.exceptions.RayError as error:
                self._recover(error, failed)
        raise AssertionError("counted to the end")

    def _level(self) -> list[Level]:
        """Let every shard expand its part of a level and insert the successors."""
        begun = self._waiting()
        rounds = -(-max(begun) // ROUND)
        # One round is expanded while the last one is inserted.
        pending: list[Any] = []
        for _ in range(rounds):
            made = [
                h.hand_over.options(num_returns=self.shards).remote(ROUND) for h in self.handles
            ]
            pending = self._insert(made, pending)
        ray.get(pending)
        return list(ray.get([h.finish_level.remote() for h in self.handles]))

    def _insert(self, made: list[Any], pending: list[Any]) -> list[Any]:
        """Start inserting a round, after the previous one, so that few bundles are in flight."""
        parts = [m if isinstance(m, list) else [m] for m in made]
        started = [
            h.insert.remote(*(parts[p][q] for p in range(self.shards)))
            for q, h in enumerate(self.handles)
        ]
        ray.get(pending)
        return started

    def _waiting(self) -> list[int]:
        """How many states of the level each shard has."""
        m = self._manifest
        before = m.counts[-2] if len(m.counts) > 1 else [0] * self.shards
        return [now - then for now, then in zip(m.counts[-1], before, strict=True)]

    def _complete(self, levels: list[Level]) -> Outcome | None:
        """Take up what the shards found in a level; an outcome if the search ends with it."""
        m = self._manifest
        for q, level in enumerate(levels):
            if level.undefined is not None:
                self._undefined = self._undefined or level.undefined
            if level.violation is not None and self._violation is None:
                bits, k = level.violation
                self._violation = bits, k * self.shards + q
        counts = [level.count for level in levels]
        if self.checkpoint is not None:
            self._save(counts)
        new = sum(level.added for level in levels)
        if new or not m.counts:
            m.counts.append(counts)
        m.fired = [sum(f) for f in zip(m.fired, *(level.fired for level in levels), strict=True)]
        for level in levels:
            m.reached |= level.reached
        outcome = None
        if self._undefined is not None:
            outcome = Outcome.UNDEFINED
        elif self._violation is not None:
            outcome = Outcome.VIOLATED
        elif any(level.full for level in levels):
            outcome = Outcome.OUT_OF_MEMORY
        elif not new:
            outcome = Outcome.HOLDS
        # A level that ends otherwise is looked at again when the search is resumed.
        if self.checkpoint is not None and outcome in (None, Outcome.HOLDS):
            m.outcome = outcome.value if outcome is not None else None
            m.seconds = self.seconds
            Folder(self.checkpoint).write_manifest(m)
        return outcome

    def _save(self, counts: list[int]) -> None:
        """Let the shards write what the level added to the checkpoint."""
        m = self._manifest
        starts = m.counts[-1] if m.counts else [0] * self.shards
        if m.counts and counts == starts:
            return
        level = len(m.checksums)
        saved = [
            h.save.remote(self.checkpoint, level, start)
            for h, start in zip(self.handles, starts, strict=True)
        ]
        m.checksums.append(list(ray.get(saved)))

    def _recover(self, error: Exception, failed: int) -> None:
        """Go back to the last complete level, with new shards in place of lost ones."""
        if isinstance(error, ray.exceptions.RayTaskError):
            cause = error.cause
            if isinstance(cause, SavedError):
                raise cause
            raise ClusterError(f"a worker of the cluster failed: {type(cause).__name__}: {cause}")
        if self.checkpoint is None:
            raise ClusterError(
                "a worker of the cluster was lost, and with it its states; with --checkpoint the "
                "search would go on from the last level"
            )
        if failed > ATTEMPTS:
            raise ClusterError(f"workers were lost {failed} times in one level: {error}")
        m = self._manifest
        del m.checksums[len(m.counts) :]
        before = m.counts[-2] if len(m.counts) > 1 else [0] * self.shards
        waits = []
        for q, handle in enumerate(self.handles):
            try:
                ray.get(handle.process.remote())
            except ray.exceptions.RayError:
                self.handles[q] = self._shard(q)
                waits.append(self._load(q))
            else:
                waits.append(handle.take_back.remote(before[q], m.counts[-1][q]))
        ray.get(waits)

    # ------------------------------------------------------------ reading off

    def progress(self) -> Progress:
        m = self._manifest
        waiting = sum(self._waiting())
        return Progress(sum(m.counts[-1]), waiting, len(m.counts) - 1, self.seconds)

    def _state(self, number: int) -> tuple[Words, int]:
        k, q = divmod(number, self.shards)
        words, parent = ray.get(self.handles[q].state.remote(k))
        return words, parent

    def _path_to(self, number: int) -> tuple[State, tuple[Move, ...]]:
        rows: list[Words] = []
        while True:
            words, parent = self._state(number)
            if parent == number:
                break
            rows.append(words)
            number = parent
        initial = self.initial.state(words)
        return initial, self.model.steps(initial, reversed(rows))

    def _weigh(self, _function: int, _step: int, total: npt.NDArray[np.int64]) -> None:
        """Add up how many states those of the shards stand for: each calls its own `weigh`."""
        total += sum(ray.get([h.weight.remote() for h in self.handles]))

    def _count_blocked(self, goals: list[Goal], step: int) -> list[int]:
        text = self.model.kernel.blocked(goals).text
        counts = ray.get([h.blocked.remote(text, len(goals), step) for h in self.handles])
        return [sum(n) for n in zip(*counts, strict=True)]

    def confirm(self, outcome: Outcome) -> Finding:
        if outcome not in (Outcome.VIOLATED, Outcome.UNDEFINED):
            return Finding()
        ended = self._undefined or self._violation
        if ended is None:
            return self.model.confirm.of_state(self._bad_initial[0], (), self._bad_initial[1])
        found, number = ended
        return self.model.confirm.finding(outcome, *self._path_to(number), found)

    def result(self, outcome: Outcome, finding: Finding) -> Exploration:
        model, m = self.model, self._manifest
        guards: tuple[GuardCoverage, ...] = ()
        sampled: int | None = None
        if outcome is Outcome.HOLDS:
            states = sum(m.counts[-1])
            guards, sampled = guard_coverage(model.description, states, self._count_blocked)
        beyond = 0
        if outcome is Outcome.HOLDS:
            beyond = outside(model.kernel, m.reached, self._count_blocked)
        return Exploration(
            outcome=finding.outcome(outcome, beyond),
            outside=beyond,
            states=sum(m.counts[-1]),
            transitions=sum(m.fired),
            depth=finding.depth(len(m.counts) - 1),
            violated=finding.violated,
            undefined=finding.undefined,
            initial=finding.initial,
            path=finding.path,
            fired=dict(zip(model.kernel.actions, m.fired, strict=True)),
            reached=model.kernel.reached(m.reached),
            guards=guards,
            sampled=sampled,
            seconds=self.seconds,
            bits=model.kernel.layout.bits,
            words=model.kernel.words,
            waiting=0 if outcome is Outcome.HOLDS else sum(self._waiting()),
            orbits=model.canonical.orbits(sum(m.counts[-1]), self._weigh),
        )
