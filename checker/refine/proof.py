"""Whether one protocol refines another, proved for any number of elements of every sort.

First the invariants of the concrete protocol, then, assuming those that are proved, that its
initial states and each of its steps are what the abstract protocol has.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from quorate.checker.prove.quorums import QuorumProof
from quorate.checker.prove.unbounded import UnsupportedError
from quorate.checker.prove.unbounded.meeting import assumed_systems, proved_systems
from quorate.checker.prove.unbounded.proof import is_safety
from quorate.model.language.diagnostics import NOWHERE, Span
from quorate.model.refinements import Refinement

from .asking import Questioner
from .matching import Matching
from .obligations import Claim, Simulation
from .showing import Showing
from .sizing import configure
from .ways import Ways, guess_ways


@dataclass(frozen=True)
class Part:
    """What is shown of one concrete action, or of the initial states (`action` is None).

    `ways` is what its steps are; empty if they change nothing. `failed` are the questions that
    were not answered, each as what of the abstract protocol could not be shown.
    """

    action: str | None
    ways: Ways
    questions: int
    failed: tuple[str, ...]
    used: tuple[str, ...]
    seconds: float

    @property
    def proved(self) -> bool:
        """Whether everything is."""
        return not self.failed


@dataclass(frozen=True)
class Simulated:
    """A proof that every step of `concrete` is one of `abstract`, or what is missing of it.

    `invariants` are those of the concrete protocol that were proved and could be assumed. `assumed`
    says of which quorums it is not proved, but assumed, that they meet whatever the sizes.
    """

    refinement: Refinement
    parts: tuple[Part, ...]
    invariants: tuple[str, ...]
    quorums: tuple[QuorumProof, ...]
    assumed: tuple[str, ...]
    seconds: float
    unsupported: str | None = None
    where: Span = field(default=NOWHERE, repr=False)

    @property
    def proved(self) -> bool:
        """Whether it holds for any number of elements."""
        met = all(q.counterexample is None for q in self.quorums)
        return self.unsupported is None and met and all(p.proved for p in self.parts)

    @property
    def used(self) -> tuple[str, ...]:
        """The invariants that the proof needs."""
        found = {n for p in self.parts for n in p.used}
        return tuple(n for n in self.invariants if n in found)

    def part(self, action: str | None) -> Part:
        """What is shown of one action. Raises KeyError."""
        return {p.action: p for p in self.parts}[action]


def prove_refinement(
    refinement: Refinement,
    sizes: Mapping[str, int],
    *,
    seed: int = 0,
    timeout: float = 30.0,
) -> Simulated:
    """Prove a refinement for any sizes; steps explored at `sizes` say what is to be proved.

    `timeout` bounds each question, in seconds. Raises InputError, SizeError, ModelError.
    """
    return _Proof(refinement, sizes, seed, timeout).run()


@dataclass
class _Proof:
    refinement: Refinement
    sizes: Mapping[str, int]
    seed: int
    timeout: float

    def run(self) -> Simulated:
        started = time.perf_counter()
        quorums: tuple[QuorumProof, ...] = ()
        parts: list[Part] = []
        known: list[str] = []
        unsupported, where = None, NOWHERE
        try:
            matching = Matching(self.refinement)
            simulation = Simulation(self.refinement, matching)
            quorums = proved_systems(simulation.protocol)
            bounds = configure(self.refinement, self.sizes, None)
            guesses = guess_ways(self.refinement, bounds, matching)
            self.asked = self._questions(simulation, guesses)
            self.obligations = simulation.obligations
            for action in (None, *(a.name for a in simulation.lower.actions)):
                for name in self.obligations.invariants:  # they bring symbols in
                    self.obligations.query(action, name)
            self.asker = Questioner(simulation.vocabulary, self.seed, self.timeout)
            known = self._invariants()
            for action, alternatives in self.asked.items():
                parts.append(self._part(action, alternatives, known))
        except UnsupportedError as error:
            unsupported, where = str(error), error.span
        return Simulated(
            refinement=self.refinement,
            parts=tuple(parts),
            invariants=tuple(known),
            quorums=quorums,
            assumed=assumed_systems(quorums),
            seconds=time.perf_counter() - started,
            unsupported=unsupported,
            where=where,
        )

    def _questions(
        self, simulation: Simulation, guesses: Mapping[str, list[Ways]]
    ) -> dict[str | None, list[tuple[Ways, list[Claim]]]]:
        """For each action (None: at first) the guesses of what it is, with what they ask."""
        found: dict[str | None, list[tuple[Ways, list[Claim]]]] = {
            None: [((), simulation.initially())]
        }
        for action in simulation.lower.actions:
            found[action.name] = [
                (ways, [simulation.of(action, ways)]) for ways in guesses[action.name]
            ]
        return found

    # ------------------------------------------------------------ invariants

    def _invariants(self) -> list[str]:
        """The invariants that are inductive together, and those that follow from them.

        Houdini: what fails is given up, until what is left carries itself.
        """
        names = list(self.obligations.invariants)
        kept, following = list(names), list[str]()
        for name in names:
            if is_safety(name) and self._follows(name, [n for n in kept if n != name]):
                kept.remove(name)
                following.append(name)
        while failed := [n for n in kept if not self._inductive(n, [*kept, *following])]:
            kept = [n for n in kept if n not in failed]
            following = [n for n in following if self._follows(n, kept)]
        return [n for n in names if n in kept or n in following]

    def _follows(self, name: str, others: list[str]) -> bool:
        hypotheses, query = self.obligations.assumed(others), self.obligations.implied(name)
        return self.asker.refuted(query, hypotheses) is not None

    def _inductive(self, name: str, assumed: list[str]) -> bool:
        o = self.obligations
        if self.asker.refuted(o.query(None, name), {}) is None:
            return False
        hypotheses = o.assumed(assumed)
        for query in (o.query(a.name, name) for a in o.description.actions if o.touched(a, name)):
            if self.asker.refuted(query, hypotheses) is None and (
                self.asker.searched(query, hypotheses, name) is None
            ):
                return False
        return True

    # ------------------------------------------------------------ steps

    def _part(
        self, action: str | None, alternatives: list[tuple[Ways, list[Claim]]], known: list[str]
    ) -> Part:
        """What can be shown of one action: by the first guess that is proved, if any."""
        started = time.perf_counter()
        best: Part | None = None
        for ways, claims in alternatives:
            showing = Showing(self.obligations, self.asker, known)
            for claim in claims:
                showing.show(claim)
            seconds = time.perf_counter() - started
            failed, used = tuple(showing.failed), tuple(n for n in known if n in showing.used)
            part = Part(action, ways, showing.questions, failed, used, seconds)
            if best is None or len(failed) < len(best.failed):
                best = part
            if not failed:
                break
        if best is None:
            nothing = ("no abstract action and arguments were found that explain its steps",)
            return Part(action, (), 0, nothing, (), time.perf_counter() - started)
        return best
