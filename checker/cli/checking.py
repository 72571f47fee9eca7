"""The work of `quorate check`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorate.checker.errors import InputError
from quorate.checker.explore.claims import claimed, nothing_claimed
from quorate.checker.explore.search.breadth_first import Explorer, Progress
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.ground.derived import by_messages
from quorate.checker.loading import load_protocol, name_of
from quorate.checker.results import Exploration, Orbits, Outcome, from_the_start
from quorate.checker.tracing.explaining import Explaining
from quorate.model.language import Protocol, Sizes

from .check import exit_code
from .console import Output, count, holding, progress, seconds
from .document import envelope, run_json
from .findings import explained, kept, show_found, undefined_line, unwritten, without_start
from .keeping import amount, fits_line, keeping_of, kept_lines
from .options import merged
from .sizing import sized
from .ways import way_of

if TYPE_CHECKING:
    from quorate.traces import Trace

FORMATS = (".graphml", ".dot", ".json")

NOTHING = "nothing claimed"  # an outcome, for programs

PREPARING = "preparing: the actions at these sizes, and code for them"
PREPARING_POR = f"{PREPARING}; which steps depend on each other"


@dataclass
class Check:
    """One run of the verb; the fields are its options."""

    protocol: str
    sizes: tuple[dict[str, int], ...]
    faults: tuple[dict[str, int], ...]
    only: tuple[str, ...]
    memory: int | None
    spill: Path | None
    checkpoint: str | None
    every: float | None
    limit: int | None
    trace: Path | None
    graph: Path | None
    bmc: int | None
    induction: int | None
    symmetry: bool
    por: bool
    threads: int | None
    search: str
    depth: int | None
    walks: int | None
    seed: int | None
    ray: str | None
    workers: int | None
    reference: bool
    strict: bool
    coverage: bool
    as_json: bool
    claims: list[str] = field(init=False)  # the invariants to check, by every way
    explorer: Explorer | None = field(init=False, default=None)

    def run(self) -> int:
        """Explore, report, write; returns the exit code."""
        way = way_of(vars(self))
        target = load_protocol(self.protocol)
        self.claims = claimed(target, self.only or None)
        bounds = sized(target, merged(self.sizes), merged(self.faults))
        for path in (self.trace, self.graph):
            writable(path)
        if self.graph is not None and self.graph.suffix not in FORMATS:
            raise InputError(
                f"{self.graph}: unknown graph format `{self.graph.suffix}`, "
                f"expected {', '.join(FORMATS)}"
            )
        if self.graph is not None and self.graph == self.trace:
            raise InputError(f"{self.graph}: --trace and --graph would write the same file")
        if self.graph is not None and (self.symmetry or self.por):
            without = "--symmetry" if self.symmetry else "--por"
            raise InputError(f"--graph is of all states, and {without} leaves some out: drop one")
        out = Output()
        if self.induction is not None:
            return self._induction(target, bounds, self.induction, out)
        # Whatever is prepared before a search looks at the initial states, too.
        found = from_the_start(lambda: self._found(way, target, bounds, out))
        explaining = Explaining()
        shown = explained(target, bounds, found, explaining)
        written = kept(shown, self.trace, explaining)
        graph = self._graph(found, explaining)
        warned = [*warnings_of(target, found), *explaining.notes]
        if found.outcome is Outcome.BOUND:
            warned += without_start(target, bounds)
        code = exit_code(found.outcome.value, bool(warned), self.strict)
        if self.as_json:
            body = as_json(target, bounds, self.claims, found, warned, shown, written)
            out.document(envelope("check", code, body))
        else:
            report(out, self.claims, found, warned, shown, self.coverage)
            if written is not None:
                out.line(f"trace written to {written}")
            for line in unwritten(shown, self.trace) if found.initial is None else ():
                out.line(line)
            if graph is not None:
                out.line(f"graph written to {graph}")
        return code

    def _found(self, way: str, target: type[Protocol], bounds: Sizes, out: Output) -> Exploration:
        if self.bmc is not None:
            return self._bounded(target, bounds, self.bmc, out)
        if way in ("depth-first", "best-first", "random", "ray"):
            return self._elsewhere(way, target, bounds, out)
        return self._explore(target, bounds, out)

    def _explore(self, target: type[Protocol], bounds: Sizes, out: Output) -> Exploration:
        if self.reference:
            if not self.as_json:
                out.title(f"{target.__name__}  {bounds}")
            return explore_reference(target, bounds, self.limit, self.claims, coverage=True)
        disk, only = keeping_of(self), frozenset(self.claims)
        with progress(str) as say:
            say(PREPARING_POR if self.por else PREPARING)
            explorer = Explorer(
                target, bounds, disk.memory, self.limit, only, self.symmetry, self.threads or 1,
                disk.spill, disk.checkpoint, disk.every, self.por,
            )  # fmt: skip
        if not self.as_json:
            out.title(f"{target.__name__}  {bounds}")
            out.line(memory_line(explorer))
            if self.memory is not None and self.graph is None:
                out.line(fits_line(explorer, self.memory))
        with progress(progress_line) as say:
            self.explorer = explorer
            return explorer.run(say, coverage=True)

    def _elsewhere(
        self, way: str, target: type[Protocol], bounds: Sizes, out: Output
    ) -> Exploration:
        """A search that need not be exhaustive, or on a cluster."""
        from . import clustering, directed

        if not self.as_json:
            out.title(f"{target.__name__}  {bounds}")
        with progress(progress_line) as say:
            search = clustering.run if way == "ray" else directed.run
            return search(self, target, bounds, say)

    def _induction(self, target: type[Protocol], bounds: Sizes, most: int, out: Output) -> int:
        from .inducing import Induction

        return Induction(
            target, bounds, most, self.claims, self.trace, self.strict, self.as_json, out
        ).run()

    def _bounded(
        self, target: type[Protocol], bounds: Sizes, depth: int, out: Output
    ) -> Exploration:
        """Every run of at most `depth` steps, by a SAT solver."""
        from quorate.checker.prove.bounded import BoundedOutcome, bounded

        if not self.as_json:
            out.title(f"{target.__name__}  {bounds}")
        with progress(lambda d: f"no violation in {d.depth} steps, {seconds(d.seconds)}") as say:
            found = bounded(target, bounds, depth, self.claims, say)
        outcome = {
            BoundedOutcome.VIOLATED: Outcome.VIOLATED,
            BoundedOutcome.UNDEFINED: Outcome.UNDEFINED,
            BoundedOutcome.NONE_WITHIN: Outcome.BOUND,
            BoundedOutcome.UNKNOWN: Outcome.UNKNOWN,
            BoundedOutcome.INTERRUPTED: Outcome.INTERRUPTED,
        }[found.outcome]
        return Exploration(
            outcome=outcome,
            states=0,
            transitions=0,
            depth=found.depth,
            violated=found.violated,
            undefined=found.undefined,
            initial=found.initial,
            path=found.path,
            seconds=found.seconds,
        )

    def _graph(self, found: Exploration, explaining: Explaining) -> Path | None:
        """Write the graph, if it is wanted; beside a finding it may fail. Raises OSError."""
        path, explorer = self.graph, self.explorer
        if path is None or explorer is None:
            return None

        def write() -> Path:
            from quorate.checker.explore.graph import StateGraph

            StateGraph(explorer).write(path)
            return path

        return write() if found.initial is None else explaining.part("the graph", write, None)


def writable(path: Path | None) -> None:
    """Make sure before a long search that its result can be written. Raises InputError."""
    if path is None:
        return
    folder = Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent
    if path.is_dir():
        raise InputError(f"{path}: is a directory, expected a file to write", str(path))
    if path.exists() and not path.is_file():
        return  # /dev/stdout, a pipe: it is not replaced
    if not folder.is_dir():
        raise InputError(f"{folder}: no such directory to write {path.name} in", str(folder))
    probe = folder / f".{path.name}.probe"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{folder}: cannot write here: {error.strerror}", str(folder)) from None


def memory_line(explorer: Explorer) -> str:
    """What a state costs."""
    k = explorer.kernel
    follow = "; ".join(
        f"{', '.join(names)} {'follows' if len(names) == 1 else 'follow'} from {messages}"
        for messages, names in by_messages(k.layout.determined).items()
    )
    bits = f"{k.layout.bits} bits a state" + (f" ({follow})" if follow else "")
    return (
        f"{bits}, {explorer.bytes_per_state()} bytes with parent and table; "
        f"{count(k.metadata.instances, 'action instance')}"
    )


def progress_line(p: Progress) -> str:
    """The live line of a search."""
    speed = p.states / p.seconds if p.seconds else 0.0
    return (
        f"{count(p.states, 'state')}, {p.waiting:,} waiting, depth {p.depth}, "
        f"{speed / 1e6:.1f} M/s, {seconds(p.seconds)}"
        + (f", {amount(p.disk)} on disk" if p.disk else "")
    )


def warnings_of(target: type[Protocol], found: Exploration) -> list[str]:
    """Why the pass may mean less than it seems; fault actions without budget are meant so."""
    spent = {n: f._quorate.fault for n, f in target.methods("action").items()}
    reachables = list(target.methods("reachable"))
    return [*nothing_claimed(target), *found.warnings(reachables, spent)]


def report(
    out: Output,
    invariants: Sequence[str],
    found: Exploration,
    warned: list[str],
    trace: Trace | None,
    coverage: bool,
) -> None:
    """The result, for people."""
    size = (
        f"{count(found.states, noun_of(found))}, {count(found.transitions, 'transition')}, "
        f"depth {found.depth}, {seconds(found.seconds)}"
    )
    mark = "ok" if found.complete and not vacuous(found, invariants) else ""
    if not found.states and not found.complete:
        size = f"{count(found.depth, 'step')}, {seconds(found.seconds)}"
    match found.outcome:
        case Outcome.HOLDS:
            which = "enough states to meet any violation" if found.por else "all reachable states"
            out.line(f"{which}: {size}", mark)
            if mark:
                out.line(f"{holding(len(invariants))}: {', '.join(invariants)}", mark)
            for name in sorted(found.reached):
                out.line(f"reached: {name}", mark)
        case Outcome.VIOLATED:
            out.line(f"{found.violated} is violated: {size}", "bad")
        case Outcome.UNDEFINED:
            assert found.undefined is not None
            what = undefined_line(found.undefined, len(found.path))
            out.line(f"{what}: {size}", "bad")
        case _ if found.partial is not None:
            why = {
                Outcome.INTERRUPTED: "interrupted",
                Outcome.LIMIT: "stopped at the limit",
                Outcome.OUT_OF_MEMORY: "stopped: no more memory",
            }.get(found.outcome, "not exhaustive")
            seen = f" in {size}" if found.states else f" in {seconds(found.seconds)}"
            out.line(f"{why}; nothing was found so far{seen}: {found.partial}", "warn")
        case Outcome.BOUND | Outcome.UNKNOWN | Outcome.INTERRUPTED if not found.states:
            ending = {
                Outcome.BOUND: "longer runs were not looked at",
                Outcome.UNKNOWN: "about longer ones the solver does not know",
                Outcome.INTERRUPTED: "interrupted",
            }[found.outcome]
            known = f"no run of at most {count(found.depth, 'step')} violates an invariant"
            if found.depth < 0:
                known = "nothing is known, not even of the initial states"
            out.line(f"{known} ({seconds(found.seconds)}); {ending}", "warn")
        case _:
            why = {
                Outcome.INTERRUPTED: "interrupted",
                Outcome.LIMIT: "stopped at the limit",
                Outcome.OUT_OF_MEMORY: "stopped: no more memory",
            }[found.outcome]
            out.line(
                f"{why}; nothing was found so far in {size}; "
                f"{count(found.waiting, noun_of(found))} were still to be expanded",
                "warn",
            )
    if found.orbits is not None:
        _orbits(out, found, found.orbits, mark)
    for line in kept_lines(found):
        out.line(line)
    if found.initial is not None:
        show_found(out, trace, found.path)
    if coverage:
        _coverage(out, found)
    for warning in warned:
        out.line(warning, "warn")


def vacuous(found: Exploration, invariants: Sequence[str]) -> bool:
    """Whether all was looked at and nothing came of it: of nothing, nothing holds."""
    return found.complete and not (invariants and found.states)


def noun_of(found: Exploration) -> str:
    """What a search counted: with symmetry, states that each stand for their orbit."""
    return "orbit" if found.orbits is not None and found.orbits.sorts else "state"


def _orbits(out: Output, found: Exploration, orbits: Orbits, mark: str) -> None:
    """What the orbits stand for, and which sorts could not be reduced."""
    if orbits.sorts:
        out.line(
            f"{count(found.states, 'orbit')} {'stands' if found.states == 1 else 'stand'} for "
            f"{count(orbits.states, 'state')} ({' × '.join(orbits.sorts)}, "
            f"{orbits.permutations:,} permutations)",
            mark,
        )
    elif not orbits.refused:
        out.line("no unordered sort has two elements or more: there is no symmetry")
    for name, why in orbits.refused.items():
        out.line(f"{name}s are not interchangeable: {why}")


def _coverage(out: Output, found: Exploration) -> None:
    over = f" over a sample of {found.sampled:,} {noun_of(found)}s" if found.sampled else ""
    out.line()
    if not over and noun_of(found) == "orbit":
        over = " over one state of each orbit"
    if found.por:
        over += " without the steps that were left out"
    out.title(f"coverage{over}")
    if not found.guards:
        why = "there are none, or too many" if found.complete else "the search is not complete"
        out.line(f"no guards were counted: {why}")
    for name, times in found.fired.items():
        out.line(f"{times:>14,}  {name} enabled")
        for g in found.guards:
            if g.action == name:
                out.line(f"{g.blocked:>14,}    line {g.line}: stopped by require({g.text})")


def symmetry_of(found: Exploration) -> dict[str, Any] | None:
    """What the orbits stand for, for programs: then all other counts are of orbits."""
    if found.orbits is None:
        return None
    return {
        "sorts": list(found.orbits.sorts),
        "permutations": found.orbits.permutations,
        "full_states": found.orbits.states,
        "refused": dict(found.orbits.refused),
    }


def as_json(
    target: type[Protocol],
    bounds: Sizes,
    invariants: Sequence[str],
    found: Exploration,
    warned: list[str],
    run: Trace | None,
    trace: Path | None,
) -> dict[str, Any]:
    """The result, for programs; `run` violates, and is in the file `trace`."""
    return {
        "protocol": name_of(target),
        "sizes": dict(bounds),
        "faults": bounds.faults,
        "outcome": NOTHING if vacuous(found, invariants) else found.outcome.value,
        "states": found.states,
        "symmetry": symmetry_of(found),
        "por": found.por,
        "bits": found.bits or None,
        "words": found.words or None,
        "follow": {messages: list(names) for messages, names in found.follow.items()},
        "transitions": found.transitions,
        "depth": found.depth,
        "seconds": round(found.seconds, 4),
        "violated": found.violated,
        "invariants": list(invariants),
        "reached": sorted(found.reached),
        "fired": dict(found.fired),
        "guards": [
            {"action": g.action, "line": g.line, "text": g.text, "blocked": g.blocked}
            for g in found.guards
        ],
        "sampled": found.sampled,
        "spilled": None if found.spilled is None else asdict(found.spilled),
        "resumed": None if found.resumed is None else asdict(found.resumed),
        "partial": found.partial,
        "warnings": warned,
        "trace": str(trace) if trace is not None else None,
        "run": run_json(run, trace) if run is not None else None,
    }
