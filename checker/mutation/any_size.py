"""Whether a mutant takes the steps of its protocol at any size, proved by Z3.

It is a local proof: each changed action is compared with what it was, in any state where those
invariants hold that are proved of the protocol. If no step is new there, none is new at all, by
induction: a run of the mutant begins as a run of the protocol does, so these invariants hold where
it stands, and its next step is the protocol's. A step that changes nothing counts as none. Only the
symbols that the changed actions and these invariants mention are made, so the rest of the protocol
may be what proofs for any size do not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.checker.prove.unbounded.branches import branches
from quorate.checker.prove.unbounded.choices import with_choices
from quorate.checker.prove.unbounded.hints import hints_of
from quorate.checker.prove.unbounded.logic import conj, neg
from quorate.checker.prove.unbounded.obligations import Invariant, Obligations, writes
from quorate.checker.prove.unbounded.proof import Houdini
from quorate.checker.prove.unbounded.results import ProofStatus
from quorate.checker.prove.unbounded.steps import SymbolicStep
from quorate.checker.prove.unbounded.translate import FirstOrderTranslator
from quorate.checker.refine.claims import ClaimChecker
from quorate.checker.refine.obligations import Claim, Deviation, differ
from quorate.checker.refine.prover import RefinementProver
from quorate.checker.refine.rows import StateRow, rows_of
from quorate.model.language import Protocol
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MessagesType
from quorate.model.language.description import describe
from quorate.model.language.diagnostics import NOWHERE
from quorate.model.language.digest import stable_text
from quorate.model.language.ir import core as c

EFFORT = 0.1  # of a question; most that succeed need little
BEFORE = " before"  # names in a description have no spaces


class ProvedSteps(Enum):
    """What is proved of the steps of a mutant, compared with those of its protocol."""

    SAME = "by the same steps"
    NONE_NEW = "and no step is new"
    OPEN = "open"


def invariants_proved(protocol: type[Protocol]) -> tuple[str, ...]:
    """The invariants that are proved for any size with little effort."""
    try:
        obligations = Obligations(describe(protocol))
        found = Houdini(obligations, 0, EFFORT, hints=hints_of(protocol)).run()
    except UnsupportedError:
        return ()
    return tuple(i.invariant for i in found if i.status is ProofStatus.PROVED)


def steps_proved(
    original: c.Description, mutant: c.Description, known: Sequence[str]
) -> ProvedSteps:
    """What is proved of the steps of a mutant, given invariants that are proved of the original.

    It is nothing if the initial states are chosen otherwise, or a variable or an action is new.
    """
    if not _comparable(original, mutant):
        return ProvedSteps.OPEN
    try:
        return _Comparison(original, mutant, known).proved()
    except UnsupportedError:
        return ProvedSteps.OPEN


def _comparable(original: c.Description, mutant: c.Description) -> bool:
    one, other = (
        ([v.name for v in d.variables], [a.name for a in d.actions], stable_text(d.inits))
        for d in (original, mutant)
    )
    pairs = zip(original.actions, mutant.actions, strict=False)
    return one == other and all(
        (a.parameters, a.fault) == (b.parameters, b.fault) for a, b in pairs
    )


class _Comparison:
    """The claims about all changed actions. Raises UnsupportedError."""

    def __init__(
        self, original: c.Description, mutant: c.Description, known: Sequence[str]
    ) -> None:
        pairs = zip(original.actions, mutant.actions, strict=True)
        changed = [a.name for a, b in pairs if stable_text(a) != stable_text(b)]
        old, new = (_only(d, changed) for d in (original, mutant))
        before = tuple(replace(a, name=f"{a.name}{BEFORE}") for a in old.actions)
        properties = tuple(p for p in original.invariants if p.name in known)
        both = replace(
            old,
            variables=tuple({v.name: v for v in (*new.variables, *old.variables)}.values()),
            actions=(*new.actions, *before),
            properties=properties,
        )
        self.obligations = Obligations(replace(both, variables=tuple(_mentioned(both))))
        self.known = [n for n in known if n in self.obligations.invariants]
        actions = self.obligations.description.actions
        self.pairs = list(zip(actions[: len(changed)], actions[len(changed) :], strict=True))
        # All formulas first: they bring the symbols in that the axioms speak of.
        self.new = [x for a, b in self.pairs for x in self._claims(a, b)]
        self.lost = [x for a, b in self.pairs for x in self._claims(b, a)]
        self.undefined = [self.obligations.undefined(n) for n in self.obligations.undefined_cases]
        self.prover = RefinementProver(self.obligations.signature, 0, EFFORT)

    def proved(self) -> ProvedSteps:
        if not self._make_sense() or not self._shown(self.new):
            return ProvedSteps.OPEN
        return ProvedSteps.SAME if self._shown(self.lost) else ProvedSteps.NONE_NEW

    def _make_sense(self) -> bool:
        """Whether nothing is undefined: where something is, a formula may say anything."""
        hypotheses = self.obligations.assumed(self.known)
        return all(
            self.prover.refuted(formula, {}, hypotheses) is not None for formula in self.undefined
        )

    def _shown(self, claims: Iterable[Claim]) -> bool:
        checker = ClaimChecker(self.obligations, self.prover, self.known)
        for claim in claims:
            checker.show(claim)
            if checker.failed:
                return False
        return True

    def _claims(self, taken: c.Action, other: c.Action) -> Iterator[Claim]:
        """That each step of an action is one of another with the same arguments, or none.

        Guards and effects that they share are not asked about. Where a step may end in several
        states by these formulas, because a loop writes a cell more than once, all of one must be
        all of the other: more than is needed.
        """
        v, before = self.obligations.signature, self.obligations.before
        variables = self.obligations.description.variables
        rows = [r for x in variables for r in _rows(x, writes(taken) | writes(other))]
        differing = [r for r in rows if _effects(taken, r.place) != _effects(other, r.place)]
        shared = [g.condition for g in taken.guards]
        for branch in branches(taken):
            step, alike = (SymbolicStep(v, a, before) for a in (branch, other))
            alike.env = env = step.env
            at = FirstOrderTranslator(v, before)
            wrong = [
                Deviation(g.text, neg(at.formula(g.condition, env)))
                for g in other.guards
                if g.condition not in shared
            ]
            ends, changed = (
                [
                    Deviation(str(r), differ(v, r, (step, r.now(), env), (state, r.now(), env)))
                    for r in those
                ]
                for state, those in ((alike, differing), (before, rows))
            )
            premise = conj([*step.guards, *step.choices, *alike.choices])
            yield Claim(taken.name, premise, ((*wrong, *ends),), tuple(changed))


def _rows(v: Variable, changes: set[Any]) -> list[StateRow]:
    """The rows of a variable that are among the changes."""
    if isinstance(v.type, MessagesType):
        return [r for x in _with_messages(v, changes) for r in rows_of(x)]
    return rows_of(v) if v.name in changes else []


def _with_messages(v: Variable, records: set[Any]) -> Iterator[Variable]:
    """The variable with those of its messages that are among these, if there are any."""
    assert isinstance(v.type, MessagesType)
    if some := tuple(m for m in v.type.messages if m in records):
        yield replace(v, type=replace(v.type, messages=some))


def _effects(action: c.Action, place: Any) -> list[c.Effect]:
    """What an action does to a variable, or sends of a class of messages."""
    return [e for e in action.effects if place in writes(replace(action, effects=(e,)))]


def _only(d: c.Description, actions: Sequence[str]) -> c.Description:
    """The description with these actions alone, and arguments as proofs read them."""
    kept = tuple(a for a in d.actions if a.name in actions)
    return with_choices(replace(d, inits=(), actions=kept))


def _mentioned(d: c.Description) -> Iterator[Variable]:
    """The variables that actions and properties mention, with the messages that they mention."""
    found = set().union(*map(writes, d.actions))
    for body in (*d.actions, *(p.body for p in d.properties)):
        found |= Invariant("", NOWHERE, body).reads  # type: ignore[arg-type]
    for v in d.variables:
        if isinstance(v.type, MessagesType):
            yield from _with_messages(v, found)
        elif v.name in found:
            yield v
