"""From a safety property alone to lemmas by which it is proved for any number of elements.

1. Small instances are explored, up to symmetry. A violation ends the search: what a run violates is
   no invariant. The states reached refute candidate lemmas.
2. Lemmas that the text of the protocol suggests are tried (`candidates.py`, `history.py`,
   `closed.py`, `shapes.py`): what was true when a message was sent or a cell written, and the goal
   taken a step or two backwards.
3. Clauses of at most three literals over the protocol's own terms are searched (`grammar.py`,
   `clauses.py`): first simple ones that are inductive together, then ones that exclude
   counterexamples to induction, at growing sizes (`search.py`, `induction.py`).
4. The lemmas that the property needs are written as source (`source.py`), read back as part of the
   class, and proved with it for any number of elements. Only that proof counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from quorate._spelling import instead
from quorate.checker.errors import InputError
from quorate.checker.prove.unbounded import Proof, ProofStatus, prove_unbounded
from quorate.checker.results import NO_STATE, Outcome
from quorate.model.language import SizeError, StepError
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Ordered
from quorate.model.language.declare.types import in_flight
from quorate.model.language.description import describe
from quorate.model.language.frontend.source import annotation_span
from quorate.traces import Trace

from .candidates import CandidateLemma, candidate_lemmas
from .clauses import Clause
from .evidence import needed_by, run_trace, step_trace
from .grammar import CandidateGrammar
from .induction import DEFINEDNESS, BreakingStep, InductionChecker, UndecidedError
from .instance import SampledInstance
from .outcome import SynthesisProgress, SynthesisResult, SynthesisStatus
from .plausible import plausible
from .search import ClauseLearner
from .shapes import never_first
from .sizes import compact, growing
from .source import method, with_invariants
from .spending import Spending, SpentError

SAFETY = ("agreement", "consistency", "safety")
SIMPLE = 6  # the cost of the dearest prefix of simple lemmas
INDUCTIVE = 2  # instances, of those explored, where lemmas are made inductive
STEPS = 24  # counterexamples to induction of one lemma, looked at together
MOST_STEPS = 48
OBLIGATION = 5.0  # the effort for each obligation of a proof
EFFORT = 300.0


Report = Callable[[SynthesisProgress], None]


def find_invariants(
    protocol: type[Protocol],
    goals: Sequence[str] | None = None,
    *,
    keep: bool = False,
    effort: float = EFFORT,
    report: Report | None = None,
) -> SynthesisResult:
    """Look for lemmas that prove these invariants for any number of elements.

    By default the goals are `agreement`, `consistency` or `safety` if the class has one of them,
    else all its invariants. Its other invariants are ignored, unless `keep` makes them lemmas from
    the start. `effort` bounds the search by the work done: 1 is about a second on an idle machine.
    Raises ModelError, and InputError if a goal is no invariant or there is none, or if messages are
    gone once they are delivered.
    """
    description = describe(protocol)
    known = [p.name for p in description.invariants]
    if not known:
        raise InputError(f"{description.name} has no invariants to prove")
    for name in goals or ():
        if name not in known:
            raise InputError(
                f"{description.name} has no invariant `{name}`; {instead(name, known)}"
            )
    for v in protocol.variables().values():
        if in_flight(v.type) is not None:
            raise InputError(
                f"{annotation_span(v.owner, v.name)}: messages that are gone once they are "
                f"delivered (`{v.name}`) are not known to the proofs that lemmas are looked for"
            )
    chosen = list(dict.fromkeys(goals or [n for n in known if n in SAFETY] or known))
    return _Finder(protocol, chosen, keep, effort, report).run()


@dataclass
class _Finder:
    protocol: type[Protocol]
    goals: list[str]
    keep: bool
    effort: float
    report: Report | None
    lemmas: dict[str, Clause | CandidateLemma] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.started, self.cpu = time.perf_counter(), time.process_time()
        self.description = describe(self.protocol)
        self.bodies = {p.name: p.body for p in self.description.invariants}
        own = [n for n in self.bodies if n not in self.goals]
        self.given = own if self.keep else []
        self.grammar = CandidateGrammar(self.description)
        self.learner = ClauseLearner(self.grammar, [], tick=self._tick)
        self.doing = ""
        self.count = 0
        self.spending = Spending(self.effort)
        self.stuck: tuple[SampledInstance, BreakingStep] | None = None
        self.sizes, self.why = "", ""
        self.inductive = self.unsupported = False

    # ------------------------------------------------------------ the search

    def run(self) -> SynthesisResult:
        """Explore, gather, prove."""
        try:
            if self.given and (known := self._prove(self.given)).proved:
                return self._found(SynthesisStatus.PROVED, proof=known)
            for instance in self._instances():
                if (found := self._explored(instance)) is not None:
                    return found
                if not len(instance.states):
                    self.why = NO_STATE
                    return self._open()
            if not self.learner.instances:
                self.why = "even the smallest sizes are too large"
                return self._open()
            if (proof := self._suggested()) is not None:
                return self._found(SynthesisStatus.PROVED, proof=proof)
            self._gather()
            # Of an order two elements show too little: a vote between two others, say.
            first = any(issubclass(s, Ordered) for s in self.protocol.sorts().values())
            for instance in self.learner.instances[first : first + INDUCTIVE]:
                self._close(instance)
                proof = self._proved(instance)
                if proof is not None:
                    return self._found(SynthesisStatus.PROVED, proof=proof)
                if self.stuck is not None or self.unsupported:
                    break
        except SpentError as error:
            self.why = str(error)
        except UndecidedError as error:
            self.why = f"Z3 gave no answer about one step: {error}"
        return self._open()

    def _instances(self) -> Iterator[SampledInstance]:
        for sizes in growing(self.protocol):
            self._say(f"exploring {sizes}")
            try:
                with sizes:
                    yield SampledInstance(self.protocol, sizes)
            except SizeError:
                continue

    def _explored(self, instance: SampledInstance) -> SynthesisResult | None:
        try:
            with instance.sizes:
                found = instance.explore(frozenset(self.goals))
        except SizeError:
            return None
        if found.undefined is not None:
            raise StepError(str(found.undefined), found.undefined)
        if found.outcome is Outcome.VIOLATED:
            trace = run_trace(self.protocol, instance, found)
            self.sizes = str(instance.sizes)
            return self._found(SynthesisStatus.VIOLATED, trace=trace, broken=found.violated or "")
        self.learner.instances.append(instance)
        return None

    def _suggested(self) -> Proof | None:
        """Try what the text suggests: the proof, if the goals follow; what is inductive stays."""
        self._say("lemmas that the text suggests")
        suggested = candidate_lemmas(self.description, [self.bodies[n] for n in self.goals])
        for candidate in plausible(self.protocol, self.learner, suggested):
            self._add(candidate)
        for instance in (self._compact(), *self.learner.instances[:INDUCTIVE]):
            self._say(f"{len(self.lemmas)} lemmas at {instance.sizes}")
            self.solver = self._induction(instance)
            kept = self._known(self.solver.inductive, [*self.lemmas])
            self.lemmas = {n: self.lemmas[n] for n in kept}
            self.sizes, self.inductive = str(instance.sizes), self._follow()
            if self.inductive and (proof := self._attempt(self._needed(instance))) is not None:
                return proof
            if self.unsupported:
                break
        return None

    def _compact(self) -> SampledInstance:
        """An instance for steps alone, of no states."""
        sizes = compact(self.protocol)
        with sizes:
            return SampledInstance(self.protocol, sizes)

    def _follow(self) -> bool:
        """Whether no step at these sizes breaks a goal."""
        known = [*self.goals, *self.given, *self.lemmas]
        with self.solver.instance.sizes:
            return not any(self.solver.breaks(n, known) for n in (DEFINEDNESS, *self.goals))

    def _gather(self) -> None:
        """Simple lemmas, as many as are inductive together at the smallest sizes."""
        for clause in self.learner.simple(SIMPLE):
            self._add(clause)
            self._say("simple lemmas")
        self.solver = self._induction(self.learner.instances[0])
        kept = self._known(self.solver.inductive, [*self.lemmas])
        self.lemmas = {n: self.lemmas[n] for n in kept}

    def _close(self, instance: SampledInstance) -> None:
        """Add lemmas until no step at these sizes breaks one, or the goals."""
        if instance is not self.learner.instances[0]:
            self.solver = self._induction(instance)
        self.sizes, self.inductive = str(instance.sizes), False
        self.doing = f"lemmas at {instance.sizes}"
        safe: set[str] = set()
        while steps := self._counterexamples(instance, safe):
            states = np.stack([s.before for s in steps])
            clauses, remaining = self.learner.learn(instance, states)
            for clause in clauses:
                name = self._add(clause)
                with instance.sizes:
                    self.solver.add(name, clause.body)
            if not clauses and not self._give_up(instance, steps[remaining[0]], safe):
                return
        self.inductive = True

    def _give_up(self, instance: SampledInstance, step: BreakingStep, safe: set[str]) -> bool:
        """Drop a lemma that nothing supports; False if it is a goal that nothing supports."""
        if step.lemma not in self.lemmas:
            self.stuck = (instance, step)
            self.why = "no candidate excludes the state before this step"
            return False
        self.learner.banned.add(self.lemmas.pop(step.lemma).body)
        safe.clear()
        return True

    def _counterexamples(self, instance: SampledInstance, safe: set[str]) -> list[BreakingStep]:
        found: list[BreakingStep] = []
        assumed = [*self.goals, *self.given, *self.lemmas]
        with instance.sizes:
            for lemma in (DEFINEDNESS, *assumed):
                if lemma in safe:
                    continue
                self._check_effort()
                steps = list(self.solver.steps(lemma, assumed, STEPS))
                if not steps:
                    safe.add(lemma)
                found += steps
                if len(found) >= MOST_STEPS:
                    break
        return found

    # ------------------------------------------------------------ the proof

    def _proved(self, instance: SampledInstance) -> Proof | None:
        """The proof of the goals with what they need; None if there is none."""
        if not self.inductive:
            return None
        for names in (self._needed(instance), self._names):
            proof = self._attempt(names)
            if proof is not None or self.unsupported:
                return proof
        self.why = "inductive at these sizes, not proved for all"
        return None

    def _needed(self, instance: SampledInstance) -> list[str]:
        """What the goals need at these sizes, the simplest."""
        dear = {n: self.lemmas[n].cost if n in self.lemmas else 0 for n in self._names}
        with instance.sizes:
            return self.solver.needed(self.goals, sorted(dear, key=lambda n: dear[n]))

    def _attempt(self, names: Sequence[str]) -> Proof | None:
        """The proof of the goals with some of these lemmas; None if there is none."""
        self._say(f"proving with {len(names)} lemmas for any number of elements")
        before = dict(self.lemmas)
        # A finite state keeps fields that are never the first of an order in fewer bits.
        proper = [self._add(CandidateLemma(body)) for body in never_first(self.description)]
        proof = self._prove([*names, *proper])
        if proof.unsupported is not None:
            self.why, self.unsupported = proof.unsupported, True
        elif proof.unmet:
            self.why = f"not proved for every number of members: {'; '.join(proof.unmet)}"
            self.unsupported = True
        if proof.unsupported is None and self._settled(proof):
            used = needed_by(proof, self.goals) & {*names, *proper}
            self.lemmas = {n: x for n, x in self.lemmas.items() if n in used}
            self._rename()
            best = self._prove([*(n for n in self.given if n in used), *self.lemmas])
            if best.proved:
                return best
        self.lemmas = before
        return None

    def _prove(self, names: Sequence[str]) -> Proof:
        methods = {n: self._text(n) for n in names if n in self.lemmas}
        cls = with_invariants(self.protocol, methods)
        wanted = [*self.goals, *(n for n in names if n in self.given), *methods]
        proof = prove_unbounded(cls, invariants=wanted, refute=False, effort=OBLIGATION)
        self.spending.asked += sum(not o.untouched for o in proof.obligations)
        return proof

    def _settled(self, proof: Proof) -> bool:
        """Whether the goals are proved, and that no message is sent twice under one key."""
        wanted = {*self.goals, *(i.invariant for i in proof.invariants if "." in i.invariant)}
        proved = all(proof.invariant(n).status is ProofStatus.PROVED for n in wanted)
        return proved and not proof.unmet

    def _rename(self) -> None:
        self.lemmas = {f"lemma_{i}": x for i, x in enumerate(self.lemmas.values(), start=1)}

    # ------------------------------------------------------------ the outcome

    def _open(self) -> SynthesisResult:
        trace = None
        broken = ""
        if self.stuck is not None:
            instance, step = self.stuck
            broken = step.lemma
            with instance.sizes:
                trace = step_trace(self.protocol, instance, step)
        self._rename()
        return self._found(SynthesisStatus.OPEN, trace=trace, broken=broken)

    def _found(
        self,
        status: SynthesisStatus,
        proof: Proof | None = None,
        trace: Trace | None = None,
        broken: str = "",
    ) -> SynthesisResult:
        shown = {n: self._text(n) for n in self.lemmas}
        return SynthesisResult(
            protocol=self.description.name,
            goals=tuple(self.goals),
            status=status,
            lemmas=shown,
            proof=proof,
            trace=trace,
            broken=broken,
            sizes=self.sizes,
            inductive=self.inductive,
            why=self.why,
            tried=self.learner.tried,
            refuted=self.learner.refuted,
            seconds=time.perf_counter() - self.started,
            cpu_seconds=time.process_time() - self.cpu,
        )

    # ------------------------------------------------------------ small things

    def _text(self, name: str) -> str:
        return method(self.grammar, name, self.lemmas[name].body)

    def _add(self, clause: Clause | CandidateLemma) -> str:
        self.count += 1
        name = f"lemma_{self.count}"
        self.lemmas[name] = clause
        return name

    @property
    def _names(self) -> list[str]:
        return [*self.given, *self.lemmas]

    def _induction(self, instance: SampledInstance) -> InductionChecker:
        with instance.sizes:
            found = InductionChecker(instance)
            self.spending.follow(found)
            for name in (*self.goals, *self.given):
                found.add(name, self.bodies[name])
            for name, clause in self.lemmas.items():
                found.add(name, clause.body)
        return found

    def _known(self, ask: Callable[..., list[str]], *args: Sequence[str]) -> list[str]:
        with self.solver.instance.sizes:
            return ask(*args)

    def _check_effort(self) -> None:
        self.spending.check(self.learner.tried)

    def _say(self, doing: str) -> None:
        self.doing = doing
        self._tick()

    def _tick(self) -> None:
        self.spending.looks += 1
        self._check_effort()
        if self.report is not None:
            learner = self.learner
            passed = time.perf_counter() - self.started
            tried, refuted = learner.tried, learner.refuted
            self.report(SynthesisProgress(self.doing, tried, refuted, len(self.lemmas), passed))
