"""The proof: every obligation asked, invariants that fail put aside, the rest proved without them.

Houdini: Flanagan, Leino: Houdini, an Annotation Assistant for ESC/Java (FME 2001). What is left at
the end is inductive by itself, whatever else failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from quorate._spelling import instead
from quorate.checker.errors import InputError
from quorate.checker.prove.quorums import QuorumProof
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.description import describe
from quorate.model.language.diagnostics import NOWHERE, SizeError

from .hints import Hint, Hints, hints_of
from .meeting import not_always, proved_systems
from .obligations import Obligations
from .queries import Prover, QueryResult
from .refute import refuted
from .results import DEFINEDNESS, Answer, InvariantProof, Obligation, Proof, ProofStatus
from .signature import UnsupportedError

Report = Callable[[Obligation], None]
# What is tried as a consequence of the others first, by the last word of its name.
SAFETY = ("agreement", "consistency", "safety", "matching", "completeness")
KEYS = ".key"
EFFORT = 10.0  # for each obligation
LITTLE = 0.5  # where the proof is open whatever follows: quorums that must meet do not


def prove_unbounded(
    protocol: type[Protocol],
    *,
    seed: int = 0,
    effort: float | None = None,
    invariants: Sequence[str] | None = None,
    refute: bool = True,
    shrink: bool = False,
    cvc5: bool = False,
    refuting: float = 60.0,
    report: Report | None = None,
) -> Proof:
    """Prove the invariants (these alone, by default all) for any number of elements of each sort.

    `effort` bounds each obligation (see smt/effort.py): 10 by default, and 0.5 if quorums that must
    meet are known not to, so that the proof is open whatever follows. What is not proved is looked
    for, with the effort `refuting`, as a step or a run at small sizes, unless `refute` is False.
    `shrink` makes the sets of hypotheses used small. `cvc5` asks cvc5 what Z3 leaves open, and
    whether it agrees with the rest. A protocol without invariants claims nothing, and none is
    proved. Raises ModelError; InputError for a name that is no invariant, and for a broken file
    of hints.
    """
    started = time.perf_counter()
    description = describe(protocol)
    known = [p.name for p in description.invariants]
    for name in invariants or ():
        if name not in known:
            raise InputError(
                f"{description.name} has no invariant `{name}`; {instead(name, known)}"
            )
    chosen = known if invariants is None else list(dict.fromkeys(invariants))
    faults = tuple(dict.fromkeys(a.fault for a in description.actions if a.fault))
    quorums = _quorums(protocol)
    spared = effort is None and any(q.fails is not None for q in quorums)
    if effort is None:
        effort = LITTLE if spared else EFFORT
    unsupported, where, found = None, NOWHERE, []
    search, vacuous = None, False
    try:
        obligations = Obligations(description, chosen)
        search = Houdini(obligations, seed, effort, shrink, cvc5, report, hints_of(protocol))
        found = search.run()
        vacuous = search.vacuous()
    except UnsupportedError as error:
        unsupported, where = str(error), error.span
        found = [InvariantProof(n, ProofStatus.OPEN, "inductive") for n in chosen]
    if refute and not vacuous:
        found = refuted(protocol, found, chosen, refuting)
    return Proof(
        protocol=description.name,
        invariants=tuple(found),
        obligations=tuple(search.done) if search else (),
        quorums=quorums,
        unmet=not_always(quorums),
        spared=LITTLE if spared else None,
        faults=faults,
        seconds=time.perf_counter() - started,
        unsupported=unsupported,
        where=where,
        vacuous=vacuous,
    )


def is_safety(invariant: str) -> bool:
    """Whether this is what is to be shown, by its name, and not a means to it."""
    return invariant.rpartition("_")[2] in SAFETY


def _quorums(protocol: type[Protocol]) -> tuple[QuorumProof, ...]:
    try:
        return proved_systems(protocol)
    except SizeError as error:
        raise InputError(str(error)) from None


def _given_sense(i: InvariantProof) -> InvariantProof:
    """Proved of steps and states that make sense, which all do is not: then it is open."""
    if i.status is not ProofStatus.PROVED:
        return i
    return replace(i, status=ProofStatus.OPEN, rests_on=(DEFINEDNESS,))


@dataclass
class Houdini:
    """The invariants of some obligations that can be proved together, as proofs of refinements ask.

    `done` are the obligations, once it has `run`.
    """

    obligations: Obligations
    seed: int
    effort: float
    shrink: bool = False
    cvc5: bool = False
    report: Report | None = None
    hints: Hints = field(default_factory=dict)
    done: list[Obligation] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = list(self.obligations.invariants)
        # All formulas first: they bring the symbols in that the axioms speak of.
        for name in names:
            for action in (None, *self._touching(name)):
                self.obligations.query(action, name)
        for name in self.obligations.undefined_cases:
            self.obligations.undefined(name)
        self.prover = Prover(
            self.obligations.signature, self.seed, self.effort, self.shrink, self.cvc5
        )
        self.kept = names
        self.consequences: list[str] = []
        self.latest: dict[tuple[str | None, str], Obligation] = {}
        self.first_failures: dict[str, list[Obligation]] = {}
        self.fell: dict[str, tuple[str, ...]] = {}

    def run(self) -> list[InvariantProof]:
        """Ask everything, until what is left is inductive."""
        self._conclude()
        dropped: set[str] = set()
        while True:
            failed = self._round(dropped)
            if not failed:
                break
            for name, obligations in failed.items():
                self._put_aside(name, obligations, dropped)
            dropped |= set(failed)
            self.kept = [n for n in self.kept if n not in dropped]
            self._reconsider(dropped)
        self._again(dropped)
        undefined = [o for o in map(self._makes_sense, self._doubtful()) if not o.proved]
        if self.cvc5:
            self.done = [self._confirmed(o) for o in self.done]
        found = [self._outcome(n) for n in self.obligations.invariants]
        if undefined:
            found = [_given_sense(i) for i in found]
        if self.obligations.undefined_cases:
            status = ProofStatus.OPEN if undefined else ProofStatus.PROVED
            found.append(InvariantProof(DEFINEDNESS, status, "consequence", tuple(undefined)))
        return found

    def vacuous(self) -> bool:
        """Whether no choice of `@init` is possible, at any size: every invariant holds then."""
        o = self.obligations
        return bool(o.description.inits) and self.prover.ask({}, o.initial(), quick=True).proved

    def _doubtful(self) -> list[str]:
        """The actions, and the proved invariants, of which something may be undefined."""
        proved = set(self._assumed())
        unproved = self.obligations.invariants.keys() - proved
        return [n for n in self.obligations.undefined_cases if n not in unproved]

    def _makes_sense(self, name: str) -> Obligation:
        """That whatever has a value only sometimes has one in every state that is reached."""
        o = self.obligations
        first = name in {a.name for a in o.description.inits}
        hypotheses = {} if first else o.assumed(self._assumed())
        hint = self.hints.get(f"{name} / {DEFINEDNESS}", Hint())
        result = self.prover.ask(hypotheses, o.undefined(name), hint)
        places = tuple(d.place for d in o.undefined_cases[name])
        if result.answer is not Answer.PROVED:
            places = tuple(
                d.place
                for d in o.undefined_cases[name]
                if not self.prover.ask(hypotheses, o.undefined(name, [d]), hint, True).proved
            )
        return self._noted("sense", name, DEFINEDNESS, result, places=places)

    def _conclude(self) -> None:
        """Find what follows from the others: it need not be inductive, and may be assumed too."""
        counts = self.obligations.signature.counts
        hinted = {n for n in self.kept if f"consequence / {n}" in self.hints}
        tried = [n for n in self.kept if is_safety(n) or n in hinted or (counts and not hinted)]
        while len(self.kept) > 1:
            before = len(self.consequences)
            for name in [n for n in tried if n in self.kept and len(self.kept) > 1]:
                if self._implied(name, quick=counts and name not in hinted).answer is Answer.PROVED:
                    self.kept.remove(name)
                    self.consequences.append(name)
            if len(self.consequences) == before or not counts:
                return

    def _support(self, name: str) -> set[str]:
        """What a consequence rests on, in the end."""
        found, pending = set[str](), [name]
        while pending:
            for n in self.latest["=>", pending.pop()].used:
                if n not in found:
                    found.add(n)
                    pending += [n] if n in self.consequences else []
        return found

    def _reconsider(self, dropped: set[str]) -> None:
        """What followed from what is dropped must follow from what is left, or is dropped too."""
        while fallen := [n for n in self.consequences if self._support(n) & dropped]:
            self.consequences.remove(fallen[0])
            if self._implied(fallen[0]).answer is Answer.PROVED:
                self.consequences.append(fallen[0])
            else:
                self.fell[fallen[0]] = tuple(n for n in self.obligations.invariants if n in dropped)
                dropped.add(fallen[0])

    def _round(self, dropped: set[str]) -> dict[str, list[Obligation]]:
        """Ask what is not proved yet with what is left; returns what failed."""
        failed: dict[str, list[Obligation]] = {}
        for name in self.kept:
            for action in (None, *(a.name for a in self.obligations.description.actions)):
                old = self.latest.get((action, name))
                if old is not None and not set(old.used) & dropped:
                    continue
                found = self._step(action, name)
                self.latest[action, name] = found
                if found.answer is not Answer.PROVED:
                    failed.setdefault(name, []).append(found)
        return failed

    def _put_aside(self, name: str, failed: list[Obligation], dropped: set[str]) -> None:
        if not dropped:
            self.first_failures[name] = failed
        else:
            self.fell[name] = tuple(n for n in self.obligations.invariants if n in dropped)

    def _again(self, dropped: set[str]) -> None:
        """What failed may follow from what is left."""
        for name in [n for n in self.obligations.invariants if n in dropped]:
            if self._implied(name).answer is Answer.PROVED:
                self.consequences.append(name)

    # ------------------------------------------------------------ one obligation

    def _step(self, action: str | None, name: str) -> Obligation:
        if action is not None and action not in self._touching(name):
            return self._noted("step", action, name, None)
        hypotheses = self.obligations.assumed(self._assumed()) if action is not None else {}
        hint = self.hints.get(f"{action or 'initially'} / {name}", Hint((name,)))
        result = self.prover.ask(hypotheses, self.obligations.query(action, name), hint)
        return self._noted("step" if action else "initially", action, name, result)

    def _assumed(self) -> list[str]:
        return [*self.kept, *self.consequences]

    def _implied(self, name: str, quick: bool = False) -> Obligation:
        """Whether it follows from the others, of which none may follow from it in turn."""
        lemmas = [n for n in self.consequences if name not in self._support(n)]
        others = [n for n in (*self.kept, *lemmas) if n != name]
        hint = self.hints.get(f"consequence / {name}")
        hypotheses = self.obligations.assumed(others)
        result = self.prover.ask(hypotheses, self.obligations.implied(name), hint, quick)
        note = not quick or result.answer is Answer.PROVED
        found = self._noted("consequence", None, name, result, note)
        self.latest["=>", name] = found
        return found

    def _confirmed(self, o: Obligation) -> Obligation:
        """With whether cvc5 proves it too, from what is proved."""
        if o.untouched or o.answer is not Answer.PROVED or o.prover != "Z3":
            return o
        hypotheses = self.obligations.assumed(self._assumed() if o.kind == "step" else o.used)
        if o.kind == "sense":
            hypotheses = self.obligations.assumed(o.used)
            query = self.obligations.undefined(o.action or "")
        elif o.kind == "consequence":
            query = self.obligations.implied(o.invariant)
        else:
            query = self.obligations.query(o.action, o.invariant)
        return replace(o, confirmed=self.prover.agreed(hypotheses, query))

    def _touching(self, name: str) -> list[str]:
        actions = self.obligations.description.actions
        return [a.name for a in actions if self.obligations.touched(a, name)]

    def _noted(
        self,
        kind: str,
        action: str | None,
        name: str,
        result: QueryResult | None,
        note: bool = True,
        places: tuple[str, ...] = (),
    ) -> Obligation:
        invariant = self.obligations.invariants.get(name)
        spans = {a.name: a.span for a in self.obligations.description.actions}
        spans |= {p.name: p.span for p in self.obligations.description.invariants}
        found = Obligation(
            kind=kind,
            action=action,
            invariant=name,
            answer=result.answer if result else Answer.PROVED,
            seconds=result.seconds if result else 0.0,
            used=result.used if result else (name,),
            cases=result.cases if result else 0,
            split=result.split if result else 0,
            untouched=result is None,
            prover=result.prover if result else "Z3",
            clock=result.clock if result else False,
            places=places,
            action_span=spans.get(action or "", NOWHERE),
            invariant_span=invariant.span if invariant else NOWHERE,
        )
        if note:
            self.done.append(found)
        if note and self.report is not None:
            self.report(found)
        return found

    # ------------------------------------------------------------ the outcome

    def _outcome(self, name: str) -> InvariantProof:
        if name in self.consequences:
            return InvariantProof(name, ProofStatus.PROVED, "consequence")
        if name in self.kept:
            how = "kept by the language" if name.endswith(KEYS) else "inductive"
            return InvariantProof(name, ProofStatus.PROVED, how)
        return InvariantProof(
            invariant=name,
            status=ProofStatus.OPEN,
            how="inductive",
            failed=tuple(self.first_failures.get(name, ())),
            rests_on=self.fell.get(name, ()),
        )
