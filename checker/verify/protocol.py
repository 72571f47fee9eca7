"""One protocol at given sizes: explored, checked by Z3, proved, compared with the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quorate.checker.conform.adapters.registry import HEALTHY, adapter_for
from quorate.checker.conform.replaying.replay import replay
from quorate.checker.errors import InputError
from quorate.checker.explore.claims import (
    claimed_of_rest,
    claimed_of_runs,
    nothing_claimed,
    warnings_of,
)
from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.search.breadth_first import Explorer, search_from_the_start
from quorate.checker.liveness.check import after_search
from quorate.checker.liveness.explaining import explained_lasso
from quorate.checker.loading import name_of
from quorate.checker.prove.bounded import InductiveCheck, ObligationStatus, check_states, inductive
from quorate.checker.prove.quorums import prove_quorums
from quorate.checker.prove.unbounded import Proof
from quorate.checker.results import Exploration, Outcome
from quorate.checker.tracing.build import explained, make_trace
from quorate.checker.tracing.explaining import Explaining
from quorate.checker.tracing.saving import kept
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace

from .kept_proof import prove_without_refuting
from .results import (
    Begun,
    Counterexample,
    GraphSize,
    PathsFollowed,
    Row,
    StateChecks,
    VerifiedProtocol,
    Warned,
)

Report = Callable[[Any], None]
Prover = Callable[[type[Protocol]], Proof]

PATHS = 5
Z3_ALL, Z3_SAMPLE = 5_000, 300  # of more states, Z3 is asked about an evenly spread sample
GRAPH_NODES = 50_000  # larger graphs are left packed


def verify_protocol(
    protocol: type[Protocol],
    sizes: Sizes,
    folder: Path,
    report: Report,
    conform: bool = False,
    proved: bool = True,
    prover: Prover = prove_without_refuting,
) -> VerifiedProtocol:
    """Run all checks of a protocol. A counterexample is written to `folder`.

    `report` is called with `Begun`, then with each row as it is found, and in between with the
    progress of the search. With `conform`, the bundled implementation must follow paths to states
    spread over the whole space. What is not to be `proved` is explored alone; the `prover` is for
    any size. Raises ModelError.
    """
    return _Verifying(protocol, sizes, folder, report, conform, proved, prover).run()


@dataclass
class _Verifying:
    protocol: type[Protocol]
    sizes: Sizes
    folder: Path
    report: Report
    conform: bool
    proved: bool
    prover: Prover
    explaining: Explaining = field(default_factory=Explaining)
    rows: list[Row] = field(default_factory=list)

    def run(self) -> VerifiedProtocol:
        self.report(Begun(self.protocol, self.sizes))
        asked = bool(claimed_of_rest(self.protocol))
        explorer, found = search_from_the_start(
            lambda: Explorer(self.protocol, self.sizes, deadlock=asked), self.report
        )
        self._add(found)
        if found.outcome is Outcome.UNDEFINED:  # and so is whatever else could be asked
            self._counterexample(found)
        else:
            assert explorer is not None
            self._beyond(found, explorer)
        for text in (*warnings_of(self.protocol, found, asked), *self.explaining.notes):
            self._add(Warned(text))
        return VerifiedProtocol(self.protocol, self.sizes, tuple(self.rows), not self.proved)

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        self.report(row)

    def _beyond(self, found: Exploration, explorer: Explorer) -> None:
        """The checks that need the states."""
        if self.proved:
            self._graph(found, explorer)
        self._runs(found, explorer)
        questions: dict[str, Callable[[], None]] = {
            "Z3": lambda: self._z3(found, explorer),
            "quorums": self._quorums,
            "the proof for any size": self._unbounded,
        }
        if nothing_claimed(self.protocol):
            del questions["Z3"], questions["the proof for any size"]
        for name, ask in questions.items() if self.proved else ():
            if found.outcome is Outcome.VIOLATED:  # which stands, whatever becomes of the others
                self.explaining.part(name, ask, None)
            else:
                ask()
        if found.outcome is Outcome.VIOLATED:
            self._counterexample(found)
        elif self.conform:
            self._conform(explorer)

    def _runs(self, found: Exploration, explorer: Explorer) -> None:
        """The properties of runs; the first that is violated gets a file."""
        names = claimed_of_runs(self.protocol, None)
        if not names:
            return
        runs = after_search(explorer, found, names)
        self._add(runs)
        if (wrong := runs.wrong) is not None:
            trace = explained_lasso(self.protocol, self.sizes, wrong, self.explaining)
            file = kept(trace, self._file(wrong.name), self.explaining)
            self._add(Counterexample(wrong.path, len(wrong.path), trace, file))

    def _file(self, violated: str) -> Path:
        return self.folder / f"{self.protocol.__name__}-{violated.replace(' ', '-')}.itf.json"

    def _graph(self, found: Exploration, explorer: Explorer) -> None:
        if found.states <= GRAPH_NODES and found.complete:
            states = StateGraph(explorer)
            graph = states.to_networkx()
            nodes, edges = graph.number_of_nodes(), graph.number_of_edges()
            self._add(GraphSize(nodes, edges, found.transitions, states.resting()))

    def _z3(self, found: Exploration, explorer: Explorer) -> None:
        most = Z3_ALL if found.states <= Z3_ALL else Z3_SAMPLE
        self._add(StateChecks(tuple(check_states(explorer, most=most))))
        self._add(inductive(self.protocol, self.sizes, shrinking=0.1))

    def _quorums(self) -> None:
        for proof in prove_quorums(self.protocol, self.sizes):
            self._add(proof)

    def _unbounded(self) -> None:
        """The same invariants for any number of elements, if they are inductive."""
        found = (row for row in self.rows if isinstance(row, InductiveCheck))
        induction = next(found, None)
        if induction is not None and induction.status is ObligationStatus.PROVED:
            self._add(self.prover(self.protocol))

    def _counterexample(self, found: Exploration) -> None:
        """The run that was found, written to a file, and replayed on the bundled implementation."""
        trace = explained(self.protocol, self.sizes, found, self.explaining)
        file = kept(trace, self._file(found.violated or "undefined"), self.explaining)
        self._add(Counterexample(tuple(found.path), found.depth, trace, file))
        if trace is not None and found.violated is not None:
            self.explaining.part("the replay", lambda: self._replay(trace), None)

    def _replay(self, trace: Trace) -> None:
        try:
            adapter = adapter_for(self.protocol, HEALTHY)
        except InputError:
            return
        self._add(replay(trace, self.protocol, adapter))

    def _conform(self, explorer: Explorer) -> None:
        """Replay paths to states spread over the whole space; the healthy code must follow them."""
        last, replays = explorer.store.count - 1, []
        for k in range(1, PATHS + 1):
            with self.sizes:
                initial, path = explorer.path_to(last * k // PATHS)
            name = name_of(self.protocol)
            trace = make_trace(self.protocol, name, self.sizes, initial, path)
            replays.append(replay(trace, self.protocol, adapter_for(self.protocol, HEALTHY)))
        self._add(PathsFollowed(tuple(replays)))
