"""The work of `quorate verify`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from quorate.checker.conform.registry import adapter_for
from quorate.checker.conform.replay import Replay, ReplayVerdict, replay
from quorate.checker.errors import InputError
from quorate.checker.explore.claims import nothing_claimed, warnings_of
from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.loading import load_protocol, name_of
from quorate.checker.prove.bounded import (
    FiniteObligation,
    InductiveCheck,
    StateCheck,
    check_states,
    inductive,
)
from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.checker.prove.quorums import QuorumProof, prove_quorums
from quorate.checker.prove.unbounded import Proof, prove_unbounded
from quorate.checker.prove.unbounded.meeting import not_always
from quorate.checker.rendering.document import envelope, run_json
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.quorums import mark_of, quorum_json
from quorate.checker.rendering.replays import outcome, replay_json
from quorate.checker.rendering.runs import show_found, undefined_line
from quorate.checker.rendering.words import by_clock, count, holding, seconds
from quorate.checker.results import Exploration, Outcome, from_the_start
from quorate.checker.tracing.build import explained, make_trace
from quorate.checker.tracing.explaining import Explaining
from quorate.checker.tracing.saving import kept
from quorate.model.language import Protocol, Sizes, Sort
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.proofs.paxos import ProvedPaxosRoles
from quorate.traces import Trace

from .console import print_document, progress, progress_line
from .exit_codes import INCONCLUSIVE, MODEL, NONCONFORMING, VIOLATED
from .mutation import MutantResult, prepared, try_mutant
from .options import merged
from .sizing import sized

CORES = 2
TINY = {"Acceptor": 1, "Ballot": 1, "Value": 1}
PAXOS = {"Acceptor": 3, "Ballot": 2, "Value": 2}
ROLES = {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 2}
# The classics; the two that need three ballots first, since they take longest.
CLASSICS = ("P4", "P1", "P2", "P5", "P8", "P11", "P13", "P18")
PATHS = 5
Z3_ALL, Z3_SAMPLE = 5_000, 1_000  # of more states, Z3 is asked about an evenly spread sample
GRAPH_NODES = 50_000  # larger graphs are left packed


@dataclass
class Part:
    """One protocol at one size: what was found and what was proved of it."""

    protocol: type[Protocol]
    sizes: Sizes
    found: Exploration
    nodes: int = 0
    edges: int = 0
    checks: list[StateCheck] = field(default_factory=list)
    induction: InductiveCheck | None = None
    quorums: list[QuorumProof] = field(default_factory=list)
    proof: Proof | None = None
    warnings: list[str] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)
    trace: Path | None = None
    run: Trace | None = None
    explaining: Explaining = field(default_factory=Explaining)

    @property
    def unknown(self) -> bool:
        """Whether Z3 left something open."""
        verdicts = [c.status for c in self.checks]
        verdicts += [o.status for o in self.induction.obligations] if self.induction else []
        return ObligationStatus.UNKNOWN in verdicts or self.found.outcome in (
            Outcome.INTERRUPTED,
            Outcome.LIMIT,
            Outcome.OUT_OF_MEMORY,
        )

    @property
    def broken(self) -> bool:
        """Whether a property is violated, or two quorums miss each other at these sizes."""
        return self.found.outcome is Outcome.VIOLATED or any(q.refuted for q in self.quorums)

    @property
    def unproved(self) -> list[str]:
        """What no run breaks here, and is not proved either: nobody may call it a pass."""
        name = self.protocol.__name__
        if nothing := nothing_claimed(self.protocol):
            return nothing
        found = []
        if self.induction is None or self.induction.status is not ObligationStatus.PROVED:
            found.append(f"{name} is not proved by induction at these sizes")
        elif self.proof is None or not self.proof.proved:
            found.append(f"{name} is not proved for other sizes")
        return found + [f"not for every number of members: {s}" for s in not_always(self.quorums)]


@dataclass
class Verify:
    """One run of the verb; the fields are its options."""

    protocol: str | None
    sizes: tuple[dict[str, int], ...]
    faults: tuple[dict[str, int], ...]
    out: Path
    all_mutants: bool
    strict: bool
    as_json: bool

    def run(self) -> int:
        """Do everything, report as it goes; returns the exit code."""
        self.started = time.perf_counter()
        self.console = Output()
        if self.protocol is not None:
            if self.all_mutants:
                raise InputError("--all-mutants is for the bundled Paxos: give it without PROTOCOL")
            target = load_protocol(self.protocol)
            bounds = sized(target, merged(self.sizes), merged(self.faults))
            return self._finish([self._part(target, bounds, prepared(self.out))], [])
        if self.sizes or self.faults:
            raise InputError("sizes are for a protocol: quorate verify PROTOCOL -s ...")
        return self._bundled(prepared(self.out))

    # ------------------------------------------------------------ the bundled pipeline

    def _bundled(self, folder: Path) -> int:
        chosen = [m.name for m in MUTANTS.values() if m.defect and self._wanted(m.code)]
        chosen.sort(key=lambda n: _cost(MUTANTS[n].code))
        # Once per installation the search driver is compiled: here, not in every process.
        Explorer(Paxos, Paxos.sized({}, **TINY)).run(coverage=False)
        spawn = multiprocessing.get_context("spawn")
        cores = min(CORES, os.cpu_count() or 1)
        with ProcessPoolExecutor(cores, spawn) as pool:
            try:
                with deaf_children():
                    futures = [pool.submit(try_mutant, name, folder) for name in chosen]
                parts = [self._part(Paxos, Paxos.sized({}, **PAXOS), folder)]
                bounds = ProvedPaxosRoles.sized({"crash": 0}, **ROLES)
                parts.append(self._part(ProvedPaxosRoles, bounds, folder, conform=True))
                return self._finish(parts, self._mutants(futures))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for process in multiprocessing.active_children():
                    process.terminate()
                raise

    def _wanted(self, code: str) -> bool:
        return self.all_mutants or code in CLASSICS

    def _mutants(self, futures: list[Future[MutantResult]]) -> list[MutantResult]:
        self._title("real bugs: found in the model, then replayed on the implementation")
        results = []
        with progress(str) as say:
            for i, future in enumerate(futures):
                say(f"{i} of {len(futures)} bugs tried")
                results.append(future.result())
                self._mutant(results[-1])
        return results

    def _mutant(self, r: MutantResult) -> None:
        if self.as_json:
            return
        found = f"{r.violates} broken in {r.steps} steps" if r.steps else "not found"
        self.console.line(f"{r.code:<4}{r.title}", "ok" if r.as_expected else "bad", indent=1)
        self.console.line(
            f"      {found} ({count(r.states, 'state')}, {seconds(r.seconds)})", indent=1
        )
        if r.healthy is not None and r.broken is not None:
            self.console.line(f"      healthy code: {outcome(r.healthy)}", indent=1)
            self.console.line(f"      {r.defect}: {outcome(r.broken)}", indent=1)

    # ------------------------------------------------------------ one protocol

    def _part(
        self, target: type[Protocol], bounds: Sizes, folder: Path, conform: bool = False
    ) -> Part:
        self._title(f"{target.__name__}  {bounds}")
        explorer: Explorer | None = None

        def search() -> Exploration:
            nonlocal explorer
            explorer = Explorer(target, bounds)
            with progress(progress_line) as say:
                return explorer.run(say)

        found = from_the_start(search)
        part = Part(target, bounds, found, warnings=warnings_of(target, found))
        self._explored(part)
        if found.outcome is Outcome.UNDEFINED:  # and so is whatever else could be asked
            self._counterexample(part, folder)
            return part
        assert explorer is not None
        self._graph(part, explorer)
        others: dict[str, Callable[[], None]] = {
            "Z3": lambda: self._z3(part, explorer),
            "quorums": lambda: self._quorums(part),
            "the proof for any size": lambda: self._unbounded(part),
        }
        if nothing_claimed(target):
            del others["Z3"], others["the proof for any size"]
        for name, compute in others.items():
            if found.outcome is Outcome.VIOLATED:  # which stands, whatever becomes of the others
                part.explaining.part(name, compute, None)
            else:
                compute()
        if found.outcome is Outcome.VIOLATED:
            self._counterexample(part, folder)
        elif conform:
            self._conform(part, explorer)
        for warning in (*part.warnings, *part.explaining.notes):
            self._warn(warning)
        return part

    def _quorums(self, part: Part) -> None:
        part.quorums = prove_quorums(part.protocol, part.sizes)
        for q in part.quorums:
            self._mark(f"quorums: {q}", mark_of(q))

    def _explored(self, part: Part) -> None:
        found = part.found
        size = (
            f"{count(found.states, 'state')}, {count(found.transitions, 'transition')}, "
            f"depth {found.depth}, {seconds(found.seconds)}"
        )
        if found.outcome is Outcome.VIOLATED:
            self._line(f"{found.violated} is violated: {size}", False)
        elif found.undefined is not None:
            what = undefined_line(found.undefined, len(found.path))
            self._line(f"{what}: {size}", False)
        elif found.complete:
            invariants = len(part.protocol.methods("invariant"))
            self._line(f"explored: {size}", True)
            if invariants:
                self._line(f"kernel: {holding(invariants)} in every state", True)
        else:
            self._warn(f"{found.outcome.value} after {size}")

    def _graph(self, part: Part, explorer: Explorer) -> None:
        if part.found.states > GRAPH_NODES or not part.found.complete:
            return
        graph = StateGraph(explorer).to_networkx()
        part.nodes, part.edges = graph.number_of_nodes(), graph.number_of_edges()
        what = f"{count(part.nodes, 'node')}, {count(part.edges, 'edge')}"
        same = part.edges == part.found.transitions
        self._line(f"networkx graph: {what}", same)

    def _z3(self, part: Part, explorer: Explorer) -> None:
        small = part.found.states <= Z3_ALL
        part.checks = check_states(explorer, most=Z3_ALL if small else Z3_SAMPLE)
        for status, good in ((ObligationStatus.PROVED, True), (ObligationStatus.REFUTED, False)):
            names = [c.invariant for c in part.checks if c.status is status]
            if names:
                states = count(part.checks[0].states, "state")
                every = "all " if part.checks[0].complete else "a sample of "
                what = f"the same {holding(len(names))}"
                said = what if good else f"{', '.join(names)} violated"
                self._line(f"Z3: {said} in {every}{states}", good)
        for c in part.checks:
            if c.status is ObligationStatus.UNKNOWN:
                self._warn(f"Z3: no answer about {c.invariant}{by_clock(c.clock)}")
        part.induction = inductive(part.protocol, part.sizes, shrinking=0.1)
        proved = len(part.induction.obligations) - len(part.induction.failed)
        total = len(part.induction.obligations)
        if part.induction.status is ObligationStatus.PROVED:
            self._line(f"Z3: inductive at these sizes ({count(total, 'obligation')})", True)
        else:
            failed = ", ".join(map(_failed, part.induction.failed[:3]))
            self._warn(f"Z3: {proved} of {count(total, 'obligation')} proved; not {failed}")

    def _unbounded(self, part: Part) -> None:
        """The same invariants for any number of elements, where they are inductive at all."""
        claimed = part.protocol.methods("invariant")
        if (
            not claimed
            or part.induction is None
            or part.induction.status is not ObligationStatus.PROVED
        ):
            return
        part.proof = prove_unbounded(part.protocol, refute=False)
        if part.proof.proved:
            total = count(len(part.proof.obligations), "obligation")
            names = ", ".join(n for n, s in part.protocol.sorts().items() if issubclass(s, Sort))
            self._line(f"Z3: proved for any number of {names} ({total})", True)
        else:
            self._warn(f"Z3: not proved beyond these sizes ({part.proof.status.value})")

    def _counterexample(self, part: Part, folder: Path) -> None:
        """Show the run that was found, keep it, and replay it on the bundled implementation."""
        target, found, explaining = part.protocol, part.found, part.explaining
        part.run = run = explained(target, part.sizes, found, explaining)
        name = found.violated or "undefined"
        path = folder / f"{target.__name__}-{name}.itf.json"
        part.trace = kept(run, path, explaining)
        if not self.as_json:
            show_found(self.console, run, found.path)
        if part.trace is not None:
            steps = count(found.depth, "step")
            self._line(f"counterexample of {steps} written to {path}", False)
        if run is not None and found.violated is not None:
            explaining.part("the replay", lambda: self._replay(part, run), None)

    def _replay(self, part: Part, trace: Trace) -> None:
        try:
            adapter = adapter_for(part.protocol, "healthy")
        except InputError:
            return
        part.replays.append(replay(trace, part.protocol, adapter))
        self._line(f"bundled implementation: {outcome(part.replays[-1])}", None)

    def _conform(self, part: Part, explorer: Explorer) -> None:
        """Replay paths to states spread over the whole space: the healthy code must follow."""
        last = explorer.store.count - 1
        for k in range(1, PATHS + 1):
            with part.sizes:
                initial, path = explorer.path_to(last * k // PATHS)
            trace = make_trace(part.protocol, name_of(part.protocol), part.sizes, initial, path)
            part.replays.append(replay(trace, part.protocol, adapter_for(part.protocol, "healthy")))
        steps = sum(r.steps for r in part.replays)
        if all(r.verdict is ReplayVerdict.CONFORMS for r in part.replays):
            self._line(f"the implementation conforms: {PATHS} paths, {steps} steps compared", True)
        for r in part.replays:
            if r.divergence is not None:
                self._line(f"the implementation does not conform: {r.divergence}", False)
            elif r.reason is not None:
                self._warn(f"the implementation is unjudged: {r.reason}")

    # ------------------------------------------------------------ saying it

    def _title(self, text: str) -> None:
        if not self.as_json:
            self.console.line()
            self.console.title(text)

    def _line(self, text: str, good: bool | None) -> None:
        if not self.as_json:
            mark = "" if good is None else "ok" if good else "bad"
            self.console.line(text, mark, indent=1)

    def _mark(self, text: str, mark: str) -> None:
        if not self.as_json:
            self.console.line(text, mark, indent=1)

    def _warn(self, text: str) -> None:
        if not self.as_json:
            self.console.line(text, "warn", indent=1)

    def _finish(self, parts: list[Part], mutants: list[MutantResult]) -> int:
        code = self._code(parts, mutants)
        spent = time.perf_counter() - self.started
        if self.as_json:
            print_document(envelope("verify", code, as_json(parts, mutants, spent)))
            return code
        unproved = [text for p in parts for text in p.unproved]
        words = {
            0: "everything holds" if not unproved else f"no violation; open: {'; '.join(unproved)}",
            VIOLATED: "a property is violated",
            MODEL: "the model is undefined",
            INCONCLUSIVE: "; ".join(["inconclusive", *unproved]),
            NONCONFORMING: "the implementation and the model disagree",
        }
        self.console.line()
        where = f"; counterexamples in {self.out}" if mutants else ""
        mark = {0: "warn" if unproved else "ok", INCONCLUSIVE: "warn"}.get(code, "bad")
        self.console.line(f"{words[code]} ({seconds(spent)}){where}", mark)
        return code

    def _code(self, parts: list[Part], mutants: list[MutantResult]) -> int:
        if any(p.found.outcome is Outcome.UNDEFINED for p in parts):
            return MODEL
        if any(p.broken for p in parts):
            return VIOLATED
        replayed = {r.verdict for p in parts for r in p.replays}
        if ReplayVerdict.DIVERGES in replayed or not all(m.as_expected for m in mutants):
            return NONCONFORMING
        unknown = ReplayVerdict.UNJUDGED in replayed or any(p.unknown for p in parts)
        doubtful = self.strict and any(p.unproved or p.warnings for p in parts)
        return INCONCLUSIVE if unknown or doubtful else 0


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started meanwhile ignore Ctrl-C: the main process ends them quietly."""
    listening = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, listening)


def _failed(o: FiniteObligation) -> str:
    """One obligation at these sizes: a step that breaks an invariant is no violation yet."""
    name = f"{o.action or 'initially'} / {o.invariant or 'makes sense'}"
    answer = "not inductive" if o.status is ObligationStatus.REFUTED else "no answer"
    return f"{name} ({answer}{by_clock(o.clock)})"


def _cost(code: str) -> int:
    return CLASSICS.index(code) if code in CLASSICS else len(CLASSICS)


def as_json(parts: list[Part], mutants: list[MutantResult], spent: float) -> dict[str, Any]:
    """The whole result, for programs."""
    return {
        "seconds": round(spent, 3),
        "protocols": [_part_json(p) for p in parts],
        "mutants": [
            {
                **{k: v for k, v in asdict(m).items() if k not in ("healthy", "broken")},
                "as_expected": m.as_expected,
                "healthy": m.healthy and replay_json(m.healthy),
                "broken": m.broken and replay_json(m.broken),
            }
            for m in mutants
        ],
    }


def _part_json(p: Part) -> dict[str, Any]:
    return {
        "protocol": name_of(p.protocol),
        "sizes": dict(p.sizes),
        "faults": p.sizes.faults,
        "outcome": p.found.outcome.value,
        "states": p.found.states,
        "transitions": p.found.transitions,
        "depth": p.found.depth,
        "violated": p.found.violated,
        "trace": str(p.trace) if p.trace is not None else None,
        "run": run_json(p.run, p.trace) if p.run is not None else None,
        "graph": {"nodes": p.nodes, "edges": p.edges},
        "z3": [
            {
                "invariant": c.invariant,
                "verdict": c.status.value,
                "states": c.states,
                "clock": c.clock,
            }
            for c in p.checks
        ],
        "inductive": p.induction and p.induction.status.value,
        "any_size": p.proof and p.proof.status.value,
        "open": p.unproved,
        "quorums": [quorum_json(q) for q in p.quorums],
        "replays": [replay_json(r) for r in p.replays],
        "warnings": [*p.warnings, *p.explaining.notes],
    }
