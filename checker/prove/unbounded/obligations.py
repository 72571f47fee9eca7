"""What is to be proved: initial states, steps, and consequences (Floyd 1967; Lamport's `Inv`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from quorate.model.language.diagnostics import NOWHERE, Span
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk

from .branches import branches
from .choices import with_choices
from .definedness import UndefinedCase, undefined_cases, undefined_cases_of_action
from .logic import Formula, conj, disj, every, implies, neg
from .messages import Relation, columns_of
from .signature import Signature
from .states import ArbitraryState, State
from .steps import InitialValues, SymbolicStep
from .translate import FirstOrderTranslator
from .values import MessageValue, same


@dataclass(frozen=True)
class Invariant:
    """An invariant of the protocol, or one that the language keeps: one message per key."""

    name: str
    span: Span
    body: c.Expr | None
    relation: Relation | None = None

    def of(self, signature: Signature, state: State) -> Formula:
        """The invariant in a state."""
        if self.body is not None:
            return FirstOrderTranslator(signature, state).formula(self.body, {})
        assert self.relation is not None
        return one_per_key(self.relation, signature, state)

    @cached_property
    def reads(self) -> set[Any]:
        """The variables and message classes that it depends on."""
        if self.relation is not None:
            return {self.relation.record}
        found: set[Any] = set()
        for node in walk(self.body):
            match node:
                case c.Read(variable=variable):
                    found.add(variable)
                case c.OverSent(record=record):
                    found.add(record)
                case c.Sent(message=message):
                    found.add(message.type.record)  # type: ignore[attr-defined]
        return found


def one_per_key(relation: Relation, signature: Signature, state: State) -> Formula:
    """`key=("a", "b")`: any two messages sent with the same a and b are the same."""
    key = relation.record.key or ()  # type: ignore[attr-defined]
    shared = {n for k in key for n, _ in columns_of(relation.fields[k], k)} | {"[]"}
    one, other = [], []
    for name, t in relation.columns:
        x = signature.fresh(name, signature.sort(t))
        one.append(x)
        other.append(x if name in shared else signature.fresh(name, signature.sort(t)))
    both = conj([state.sent(relation.record, one), state.sent(relation.record, other)])
    left, right = (MessageValue(signature.message(relation, row)) for row in (one, other))
    equations = same(left, right, signature.fresh_number)
    variables = {x.get_id(): x for x in (*one, *other)}
    return every(list(variables.values()), implies(both, equations))


def writes(action: c.Action) -> set[Any]:
    """The variables and message classes that an action may change."""
    found: set[Any] = set()
    for e in action.effects:
        found.add(e.variable if isinstance(e, c.Write) else e.message.type.record)  # type: ignore[attr-defined]
    return found


def _starts(v: Signature) -> list[list[tuple[State, Formula]]]:
    """The states before each `@init` and after the last, each with what makes it one.

    They are taken one after the other (`Interpreter.initial`).
    """
    found: list[list[tuple[State, Formula]]] = [[(InitialValues(v), True)]]
    for action in v.description.inits:
        steps = [
            (SymbolicStep(v, b, s), premise) for s, premise in found[-1] for b in branches(action)
        ]
        found.append([(s, conj([premise, *s.guards, *s.choices])) for s, premise in steps])
    return found


class Obligations:
    """Everything there is to prove of a description; formulas are made when asked for."""

    def __init__(self, description: c.Description, names: Sequence[str] | None = None) -> None:
        self.description = description = with_choices(description)
        self.signature = v = Signature(description)
        self.before = ArbitraryState(v)
        chosen = [p for p in description.invariants if names is None or p.name in names]
        self.invariants = {p.name: Invariant(p.name, p.span, p.body) for p in chosen}
        for record, relation in v.relations.items():
            if getattr(record, "key", None) is not None:
                name = f"{record.__name__}.key"
                self.invariants[name] = Invariant(name, NOWHERE, None, relation)
        self.hypotheses = {n: i.of(v, self.before) for n, i in self.invariants.items()}
        self.steps = {
            a.name: [SymbolicStep(v, b, self.before) for b in branches(a)]
            for a in description.actions
        }
        self.starts = _starts(v)
        self.undefined_cases = self._undefined_cases(chosen)
        self._goals: dict[tuple[str | None, str], Formula] = {}

    def touched(self, action: c.Action, invariant: str) -> bool:
        """Whether the action changes anything that the invariant reads."""
        return bool(writes(action) & self.invariants[invariant].reads)

    def query(self, action: str | None, invariant: str) -> Formula:
        """A step of the action (None: an initial state) that ends where the invariant is false."""
        key = (action, invariant)
        if key not in self._goals:
            self._goals[key] = self._query(action, self.invariants[invariant])
        return self._goals[key]

    def _query(self, action: str | None, invariant: Invariant) -> Formula:
        v = self.signature
        if action is not None:
            return disj(self._broken(s, invariant) for s in self.steps[action])
        return disj(
            conj([premise, neg(invariant.of(v, state))]) for state, premise in self.starts[-1]
        )

    def _broken(self, step: SymbolicStep, invariant: Invariant) -> Formula:
        broken = neg(invariant.of(self.signature, step))
        return conj([*step.guards, broken, *step.choices])

    # ------------------------------------------------------------ what may be undefined

    def _undefined_cases(self, invariants: Sequence[c.Property]) -> dict[str, list[UndefinedCase]]:
        """By action or invariant, what of it may be undefined; those where something may."""
        d = self.description
        types = {v.name: v.type for v in d.variables}
        found = {a.name: undefined_cases_of_action(a, types) for a in (*d.inits, *d.actions)}
        found |= {p.name: undefined_cases(p.body, types) for p in invariants}
        return {name: undefined_cases for name, undefined_cases in found.items() if undefined_cases}

    def undefined(
        self, name: str, undefined_cases: Sequence[UndefinedCase] | None = None
    ) -> Formula:
        """A state where the action or invariant of this name (or so much of it) is undefined."""
        d, v = self.description, self.signature
        whole = [
            x.whole
            for x in (self.undefined_cases[name] if undefined_cases is None else undefined_cases)
        ]
        if name in self.invariants:
            return disj(FirstOrderTranslator(v, self.before).formula(e, {}) for e in whole)
        action = next(a for a in (*d.inits, *d.actions) if a.name == name)
        states: list[tuple[State, Formula]] = [(self.before, True)]
        if action in d.inits:
            states = self.starts[d.inits.index(action)]
        guarded = [replace(action, guards=(c.Guard(condition=e),), effects=()) for e in whole]
        steps = [(SymbolicStep(v, a, s), premise) for a in guarded for s, premise in states]
        return disj(conj([premise, *s.guards, *s.choices]) for s, premise in steps)

    def initial(self) -> Formula:
        """That there is an initial state."""
        return disj(premise for _, premise in self.starts[-1])

    def implied(self, invariant: str) -> Formula:
        """A state where the invariant is false."""
        return neg(self.hypotheses[invariant])

    def assumed(self, names: Mapping[str, Any] | Sequence[str]) -> dict[str, Formula]:
        """These invariants, as hypotheses."""
        return {n: f for n, f in self.hypotheses.items() if n in names}
