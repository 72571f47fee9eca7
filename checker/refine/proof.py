"""Whether one protocol refines another, proved for any number of elements of every sort.

First the invariants of the concrete protocol are proved. Then, assuming those, that its initial
states and steps are abstract ones.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from quorate.checker.prove.quorums import QuorumProof
from quorate.checker.prove.unbounded import UnsupportedError
from quorate.checker.prove.unbounded.hints import hints_of
from quorate.checker.prove.unbounded.meeting import not_always, proved_systems
from quorate.checker.prove.unbounded.proof import Houdini
from quorate.checker.prove.unbounded.results import DEFINEDNESS, ProofStatus
from quorate.model.language import Protocol
from quorate.model.language.diagnostics import NOWHERE, Span
from quorate.model.refinements import Refinement

from .action_map import Alternatives, guess_action_map, namesakes
from .claims import ClaimChecker
from .matching import Matching
from .obligations import Claim, Simulation
from .prover import RefinementProver
from .sizing import configure


@dataclass(frozen=True)
class ActionProof:
    """The proof for one concrete action, or for the initial states (`action` is None).

    `alternatives` are what its steps may be; none if they change nothing. `failed` says, for each
    open question, what could not be proved. `clock` says that time ran out for one of them before
    the effort did.
    """

    action: str | None
    alternatives: Alternatives
    questions: int
    failed: tuple[str, ...]
    used: tuple[str, ...]
    seconds: float
    clock: bool = False

    @property
    def proved(self) -> bool:
        """Whether everything is proved."""
        return not self.failed


@dataclass(frozen=True)
class RefinementProof:
    """A proof that every step of `concrete` is one of `abstract`, or what is missing in it.

    `invariants` are those of the concrete protocol that were proved and could be assumed. `unmet`
    names the quorums that are not proved to meet for all sizes; nothing is assumed about these.
    `undefined` are the expressions in `@init`, in concrete actions and in the mapping that may be
    undefined.
    """

    refinement: Refinement
    parts: tuple[ActionProof, ...]
    invariants: tuple[str, ...]
    quorums: tuple[QuorumProof, ...]
    unmet: tuple[str, ...]
    undefined: tuple[str, ...]
    seconds: float
    unsupported: str | None = None
    where: Span = field(default=NOWHERE, repr=False)

    @property
    def proved(self) -> bool:
        """Whether the refinement is proved for any number of elements."""
        shown = bool(self.parts) and all(p.proved for p in self.parts)
        return self.unsupported is None and not self.unmet and not self.undefined and shown

    @property
    def used(self) -> tuple[str, ...]:
        """The invariants that the proof needs."""
        found = {n for p in self.parts for n in p.used}
        return tuple(n for n in self.invariants if n in found)

    def part(self, action: str | None) -> ActionProof:
        """The proof for one action. Raises KeyError."""
        return {p.action: p for p in self.parts}[action]


def prove_refinement(
    refinement: Refinement,
    sizes: Mapping[str, int] | None,
    *,
    seed: int = 0,
    effort: float = 30.0,
) -> RefinementProof:
    """Prove a refinement for any sizes; steps explored at `sizes` give the guesses to prove.

    With no sizes, each action is guessed to be the one of its name. `effort` bounds each question
    (see prove/effort.py). Raises InputError, SizeError, ModelError.
    """
    return _ProofSearch(refinement, sizes, seed, effort).run()


@dataclass
class _ProofSearch:
    refinement: Refinement
    sizes: Mapping[str, int] | None
    seed: int
    effort: float

    def run(self) -> RefinementProof:
        started = time.perf_counter()
        quorums: tuple[QuorumProof, ...] = ()
        parts: list[ActionProof] = []
        known: list[str] = []
        unsupported, where, undefined = None, NOWHERE, list[str]()
        try:
            matching = Matching(self.refinement)
            simulation = Simulation(self.refinement, matching)
            quorums = proved_systems(simulation.protocol)
            guesses = self._guesses(matching)
            self.asked = self._questions(simulation, guesses)
            self.obligations = simulation.obligations
            found = self._search(simulation.protocol).run()
            known = [
                i.invariant
                for i in found
                if i.status is ProofStatus.PROVED or i.rests_on == (DEFINEDNESS,)
            ]
            doubted = [o for i in found for o in i.failed if i.invariant == DEFINEDNESS]
            steps = {x.name for x in (*simulation.lower.inits, *simulation.lower.actions)}
            undefined = [p for o in doubted if o.action in steps for p in o.places]
            self.prover = RefinementProver(simulation.signature, self.seed, self.effort)
            undefined += self._undefined(simulation, known)
            for action, alternatives in self.asked.items():
                parts.append(self._part(action, alternatives, known))
        except UnsupportedError as error:
            unsupported, where = str(error), error.span
        return RefinementProof(
            refinement=self.refinement,
            parts=tuple(parts),
            invariants=tuple(known),
            quorums=quorums,
            unmet=not_always(quorums),
            undefined=tuple(undefined),
            seconds=time.perf_counter() - started,
            unsupported=unsupported,
            where=where,
        )

    def _search(self, protocol: type[Protocol]) -> Houdini:
        """For the invariants of the concrete protocol, with the hints of its own proof."""
        hints = hints_of(protocol)
        return Houdini(self.obligations, self.seed, self.effort, hints=hints)

    def _guesses(self, matching: Matching) -> Mapping[str, list[Alternatives]]:
        if self.sizes is None:
            return namesakes(self.refinement, matching)
        bounds = configure(self.refinement, self.sizes, None)
        return guess_action_map(self.refinement, bounds, matching)

    def _questions(
        self, simulation: Simulation, guesses: Mapping[str, list[Alternatives]]
    ) -> dict[str | None, list[tuple[Alternatives, list[Claim]]]]:
        """For each action (None: the initial states) the guesses, each with its claims."""
        found: dict[str | None, list[tuple[Alternatives, list[Claim]]]] = {
            None: [((), simulation.initially())]
        }
        for action in simulation.lower.actions:
            found[action.name] = [
                (alternatives, [simulation.of(action, alternatives)])
                for alternatives in guesses[action.name]
            ]
        return found

    def _undefined(self, simulation: Simulation, known: list[str]) -> list[str]:
        """The parts of the mapping that may be undefined where the known invariants hold."""
        hypotheses = simulation.obligations.assumed(known)
        return [
            case.place
            for case, formula in simulation.undefined_cases.items()
            if self.prover.refuted(formula, {}, hypotheses) is None
            and self.prover.searched(formula, hypotheses) is None
        ]

    # ------------------------------------------------------------ steps

    def _part(
        self,
        action: str | None,
        alternatives: list[tuple[Alternatives, list[Claim]]],
        known: list[str],
    ) -> ActionProof:
        """The proof for one action: by the first guess that is proved, else by the best."""
        started = time.perf_counter()
        best: ActionProof | None = None
        for chosen, claims in alternatives:
            checker = ClaimChecker(self.obligations, self.prover, known)
            before = self.prover.by_clock
            for claim in claims:
                checker.show(claim)
            seconds = time.perf_counter() - started
            failed, used = tuple(checker.failed), tuple(n for n in known if n in checker.used)
            clock = self.prover.by_clock > before
            part = ActionProof(action, chosen, checker.questions, failed, used, seconds, clock)
            if best is None or len(failed) < len(best.failed):
                best = part
            if not failed:
                break
        if best is None:
            nothing = ("no abstract action and arguments were found that explain its steps",)
            return ActionProof(action, (), 0, nothing, (), time.perf_counter() - started)
        return best
