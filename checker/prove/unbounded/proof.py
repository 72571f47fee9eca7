"""The proof: every obligation asked, invariants that fail put aside, the rest proved without them.

Houdini: Flanagan, Leino: Houdini, an Annotation Assistant for ESC/Java (FME 2001). What is left at
the end is inductive by itself, whatever else failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from quorate.checker.prove.quorums import QuorumProof
from quorate.model.language.diagnostics import NOWHERE, SizeError
from quorate.model.language.lower import describe
from quorate.model.language.protocol import Protocol

from .meeting import assumed_systems, proved_systems
from .obligations import Obligations
from .queries import Asker, Result
from .verdicts import Answer, InvariantProof, Obligation, Proof, Standing
from .vocabulary import UnsupportedError

Report = Callable[[Obligation], None]
SAFETY = ("agreement", "consistency", "safety")  # tried as consequences of the others first
KEYS = ".key"


def prove_unbounded(
    protocol: type[Protocol],
    *,
    seed: int = 0,
    timeout: float = 10.0,
    invariants: Sequence[str] | None = None,
    refute: bool = True,
    shrink: bool = False,
    refuting: float = 60.0,
    report: Report | None = None,
) -> Proof:
    """Prove the invariants (these alone, by default all) for any number of elements of each sort.

    `timeout` bounds each obligation, in seconds. What is not proved is looked for, for `refuting`
    seconds, as a step or a run at small sizes, unless `refute` is False. `shrink` makes the sets of
    hypotheses used small. Raises ModelError; ValueError for a name that is no
    invariant, and where there is none at all.
    """
    started = time.perf_counter()
    description = describe(protocol)
    known = [p.name for p in description.invariants]
    if not known:
        raise ValueError(f"{description.name} has no invariants to prove")
    for name in invariants or ():
        if name not in known:
            raise ValueError(
                f"{description.name} has no invariant `{name}`; it has {', '.join(known) or 'none'}"
            )
    chosen = known if invariants is None else list(dict.fromkeys(invariants))
    faults = tuple(dict.fromkeys(a.fault for a in description.actions if a.fault))
    quorums = _quorums(protocol)
    unsupported, where, found = None, NOWHERE, []
    search = None
    try:
        search = _Search(Obligations(description, chosen), seed, timeout, shrink, report)
        found = search.run()
    except UnsupportedError as error:
        unsupported, where = str(error), error.span
    if refute and unsupported is None:
        from .refute import refuted

        found = refuted(protocol, found, chosen, refuting)
    return Proof(
        protocol=description.name,
        invariants=tuple(found),
        obligations=tuple(search.done) if search else (),
        quorums=quorums,
        assumed=assumed_systems(quorums),
        faults=faults,
        seconds=time.perf_counter() - started,
        unsupported=unsupported,
        where=where,
    )


def _quorums(protocol: type[Protocol]) -> tuple[QuorumProof, ...]:
    try:
        return proved_systems(protocol)
    except SizeError as error:
        raise ValueError(str(error)) from None


@dataclass
class _Search:
    obligations: Obligations
    seed: int
    timeout: float
    shrink: bool
    report: Report | None
    done: list[Obligation] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = list(self.obligations.invariants)
        # All formulas first: they bring the symbols in that the axioms speak of.
        for name in names:
            for action in (None, *self._touching(name)):
                self.obligations.query(action, name)
        self.asker = Asker(self.obligations.vocabulary, self.seed, self.timeout, self.shrink)
        self.kept = names
        self.consequences: list[str] = []
        self.latest: dict[tuple[str | None, str], Obligation] = {}
        self.first_failures: dict[str, list[Obligation]] = {}
        self.fell: dict[str, tuple[str, ...]] = {}

    def run(self) -> list[InvariantProof]:
        """Ask everything, until what is left is inductive."""
        for name in [n for n in self.kept if n in SAFETY and len(self.kept) > 1]:
            if self._implied(name).answer is Answer.PROVED:
                self.kept.remove(name)
                self.consequences.append(name)
        dropped: set[str] = set()
        while True:
            failed = self._round(dropped)
            if not failed:
                break
            for name, obligations in failed.items():
                self._put_aside(name, obligations, dropped)
            dropped |= set(failed)
            self.kept = [n for n in self.kept if n not in dropped]
        self._again(dropped)
        return [self._outcome(n) for n in self.obligations.invariants]

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
        """What failed may follow from what is left; what followed must do so still."""
        for name in [*self.consequences]:
            old = self.latest["=>", name]
            if set(old.used) & dropped and self._implied(name).answer is not Answer.PROVED:
                self.consequences.remove(name)
                self.fell[name] = tuple(n for n in old.used if n in dropped)
        for name in [n for n in self.obligations.invariants if n in dropped]:
            if self._implied(name).answer is Answer.PROVED:
                self.consequences.append(name)

    # ------------------------------------------------------------ one obligation

    def _step(self, action: str | None, name: str) -> Obligation:
        if action is not None and action not in self._touching(name):
            return self._noted("step", action, name, None)
        hypotheses = self.obligations.assumed(self.kept) if action is not None else {}
        result = self.asker.ask(hypotheses, self.obligations.query(action, name))
        return self._noted("step" if action else "initially", action, name, result)

    def _implied(self, name: str) -> Obligation:
        others = [n for n in self.kept if n != name]
        result = self.asker.ask(self.obligations.assumed(others), self.obligations.implied(name))
        found = self._noted("consequence", None, name, result)
        self.latest["=>", name] = found
        return found

    def _touching(self, name: str) -> list[str]:
        actions = self.obligations.description.actions
        return [a.name for a in actions if self.obligations.touched(a, name)]

    def _noted(self, kind: str, action: str | None, name: str, result: Result | None) -> Obligation:
        invariant = self.obligations.invariants[name]
        steps = self.obligations.steps
        found = Obligation(
            kind=kind,
            action=action,
            invariant=name,
            answer=result.answer if result else Answer.PROVED,
            seconds=result.seconds if result else 0.0,
            used=result.used if result else (name,),
            cases=result.cases if result else 0,
            untouched=result is None,
            action_span=steps[action].action.span if action is not None else NOWHERE,
            invariant_span=invariant.span,
        )
        self.done.append(found)
        if self.report is not None:
            self.report(found)
        return found

    # ------------------------------------------------------------ the outcome

    def _outcome(self, name: str) -> InvariantProof:
        if name in self.consequences:
            return InvariantProof(name, Standing.PROVED, "consequence")
        if name in self.kept:
            how = "kept by the language" if name.endswith(KEYS) else "inductive"
            return InvariantProof(name, Standing.PROVED, how)
        return InvariantProof(
            invariant=name,
            standing=Standing.OPEN,
            how="inductive",
            failed=tuple(self.first_failures.get(name, ())),
            rests_on=self.fell.get(name, ()),
        )
