"""The obligations of a refinement proof for any number of elements.

Abadi and Lamport: The Existence of Refinement Mappings (1991), §2: from any state where the
invariants hold, each concrete step is, through the mapping, an abstract step or a stuttering one.
States are compared row by row: "max_bal[a] is b", "v is in chosen", "this message is sent".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.checker.prove.unbounded.definedness import UndefinedCase, undefined_cases
from quorate.checker.prove.unbounded.logic import Formula, conj, disj, neg, single, some
from quorate.checker.prove.unbounded.obligations import Invariant, Obligations, writes
from quorate.checker.prove.unbounded.signature import Signature
from quorate.checker.prove.unbounded.states import Env, State
from quorate.checker.prove.unbounded.steps import InitialValues, SymbolicStep
from quorate.checker.prove.unbounded.translate import FirstOrderTranslator
from quorate.model.language.declare.protocol import Mark
from quorate.model.language.declare.types import QuorumType, SortType
from quorate.model.language.description import describe
from quorate.model.language.diagnostics import NOWHERE
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE, conjunction, negation
from quorate.model.language.ir.traverse import free, walk
from quorate.model.refinements import Refinement

from .action_map import (
    AbstractCall,
    Alternatives,
    CallSequence,
    sequences_afterwards,
    shown_calls,
)
from .choices import AFTER, Picked
from .composing import after
from .flattening import Flattening
from .matching import Matching
from .quorum_exchange import exchange
from .reading import read_mapping
from .rewriting import Image, Rewriting
from .rows import ROW, StateRow, at_first, rows_of
from .splitting import split


@dataclass(frozen=True)
class Deviation:
    """One way in which a step may differ from an abstract one: a guard that fails, an effect.

    `given` are axioms about the picks that it mentions.
    """

    what: str
    formula: Formula
    given: Mapping[str, Formula] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """That the steps of an action that make some of the `changes` are one of the `alternatives`.

    An alternative is the list of its deviations. A step is none of the alternatives if it has a
    deviation from each. So for every choice of one deviation from each alternative it must be
    refuted that a step for which `premise` holds has them all. `action` is None for a claim about
    initial states. `after` are the invariants after the step, which may be assumed once proved.
    """

    action: str | None
    premise: Formula
    alternatives: tuple[tuple[Deviation, ...], ...]
    changes: tuple[Deviation, ...] = ()
    after: Mapping[str, Formula] = field(default_factory=dict)


class Simulation:
    """The claims of one refinement. Raises UnsupportedError."""

    def __init__(self, refinement: Refinement, matching: Matching) -> None:
        self.refinement, self.upper = refinement, matching.description
        for one in (self.upper, describe(refinement.concrete)):
            if len(one.inits) > 1:
                raise UnsupportedError(f"several @init of {one.name}")
        self.protocol = _with_mapping(refinement)
        described = replace(describe(with_lemmas(refinement)), protocol=self.protocol)
        self.flat = Flattening(described)
        reading = read_mapping(refinement, matching)
        self.rewriting, self.picks = Rewriting(reading.images), reading.picks
        self.definitions = {n: self.flat.expr(p.definition) for n, p in self.picks.items()}
        self.rows = [r for v in self.upper.variables for r in rows_of(v)]
        self.now = [self._read(r.now(), {}) for r in self.rows]
        # Form every claim once, so that the signature has all their symbols and types.
        mentioned = [
            c.Property(name=f"{ROW}{i}", kind="mentioned", body=e) for i, e in enumerate(self.now)
        ]
        mentioned += [
            c.Property(name=f"{ROW}guard", kind="mentioned", body=e)
            for a in self.upper.actions
            for e in (self._read(g.condition, {}) for g in a.guards)
        ]
        mentioned += [
            c.Property(name=f"{ROW}{n}", kind="mentioned", body=e)
            for n, e in self.definitions.items()
        ]
        flat = self.flat.description
        self.lower = replace(
            flat,
            properties=(*flat.properties, *mentioned),
            variables=(*flat.variables, *(v for p in self.picks.values() for v in p.variables())),
        )
        self.obligations = Obligations(self.lower)
        self.signature = self.obligations.signature
        self.before = self.obligations.before
        self.undefined_cases = self._undefined_cases()

    def _undefined_cases(self) -> dict[UndefinedCase, Formula]:
        """Where the mapping may be undefined, and the formula that it is so before a step."""
        types = {v.name: v.type for v in self.lower.variables}
        at = FirstOrderTranslator(self.signature, self.before)
        found: dict[UndefinedCase, Formula] = {}
        for image in self.rewriting.images.values():
            binders = tuple(c.Binder(var=k, domain=c.OverType(type=k.type)) for k in image.keys)
            for e in image.parts if image.value is None else (image.value,):
                for case in undefined_cases(self.flat.expr(e), types, binders):
                    found[case] = at.formula(case.whole, {})
        for definition in self.definitions.values():
            for case in undefined_cases(definition, types):
                found[case] = at.formula(case.whole, {})
        return found

    def _read(self, e: c.Expr, env: dict[str, c.Expr]) -> c.Expr:
        """An abstract condition as a condition on the concrete state."""
        return self.flat.expr(self.rewriting.expr(e, env))

    # ------------------------------------------------------------ picks

    def _picked(self, state: State) -> State:
        """The state after a step, or an initial state, as the mapping reads it."""
        return Picked(state, self.before, self.picks) if self.picks else state

    def _defined(self, states: Mapping[str, State], *expressions: c.Expr) -> dict[str, Formula]:
        """The axioms, in these states, of the picks that the expressions mention."""
        mentioned = set().union(*map(self._reads, expressions))
        return {
            f"{name}{when}": split(FirstOrderTranslator(self.signature, state).formula(e, {}))
            for when, state in states.items()
            for name, e in self.definitions.items()
            if name in mentioned
        }

    def _reads(self, e: c.Expr) -> set[Any]:
        """The variables, message classes and picks that it depends on, also through picks."""
        found, pending = set[Any](), Invariant("", NOWHERE, e).reads
        while pending:
            name = pending.pop()
            found.add(name)
            if name in self.definitions:
                pending |= Invariant("", NOWHERE, self.definitions[name]).reads - found
        return found

    # ------------------------------------------------------------ claims

    def initially(self) -> list[Claim]:
        """That the image of every initial state is an abstract initial state.

        An abstract @init has the arguments of the concrete one with the same name and type.
        """
        v = self.signature
        starts: list[SymbolicStep | None] = [
            SymbolicStep(v, a, InitialValues(v)) for a in self.lower.inits
        ]
        found = []
        for start in starts or [None]:
            premise = conj([*start.guards, *start.choices]) if start else True
            wrong = self._not_first(start, self._picked(start or InitialValues(v)))
            found.append(Claim(None, premise, (tuple(wrong),)))
        return found

    def _not_first(self, start: SymbolicStep | None, state: State) -> Iterator[Deviation]:
        """The deviations of an initial state from an abstract one."""
        first = Rewriting({v.name: at_first(v) for v in self.upper.variables})
        blank, env = InitialValues(self.signature), start.env if start else {}
        at = FirstOrderTranslator(self.signature, blank)
        for upper in self.upper.inits:
            terms: dict[str, c.Expr] = {}
            parameters = start.action.parameters if start else ()
            given = {(p.var.name, p.var.type): p.var for p in parameters}
            for p in upper.parameters:
                if (p.var.name, p.var.type) not in given:
                    raise UnsupportedError(f"`{p.var.name}` of the @init {upper.name}", p.var.span)
                terms[p.var.name] = given[p.var.name, p.var.type]
            for g in upper.guards:
                f = at.formula(self.flat.expr(first.expr(g.condition, terms)), env)
                yield Deviation(f"{upper.name}: require({g.text})", neg(f))
            first = Rewriting(after(first.images, upper, terms))
        for row, now in zip(self.rows, self.now, strict=True):
            wanted = self.flat.expr(first.expr(row.now(), {}))
            f = differ(self.signature, row, (state, now, env), (blank, wanted, env))
            yield Deviation(f"{row} starts otherwise", f, self._defined({"": state}, now))

    def of(self, action: c.Action, alternatives: Alternatives) -> Claim:
        """The claim that each step of an action is one of the alternatives, or changes nothing."""
        step = SymbolicStep(self.signature, action, self.before)
        state, changes = self._picked(step), writes(action)
        touched = [bool(self._reads(now) & changes) for now in self.now]
        changed = []
        for row, now, may_change in zip(self.rows, self.now, touched, strict=True):
            if may_change:
                f = differ(
                    self.signature, row, (state, now, step.env), (self.before, now, step.env)
                )
                given = self._defined({"": self.before, AFTER: state}, now)
                changed.append(Deviation(f"{row} changes", f, given))
        known = {n: i.of(self.signature, step) for n, i in self.obligations.invariants.items()}
        premise = conj([*step.guards, *step.choices])
        if not alternatives or not changed:
            return Claim(action.name, premise, (tuple(changed),), (), known)
        env = {**step.env, **self._afterwards(state, step.env)}
        wrong = tuple(tuple(self._wrong(sequence, step, env, touched)) for sequence in alternatives)
        return Claim(action.name, premise, wrong, tuple(changed), known)

    def _afterwards(self, state: State, env: Env) -> Env:
        """The values after the step that may be arguments of abstract actions, by name."""
        at = FirstOrderTranslator(self.signature, state)
        return {
            name.name: at.value(self._read(v, {}), env)
            for v, name in sequences_afterwards(self.upper)
        }

    def _wrong(
        self, sequence: CallSequence, step: SymbolicStep, env: Env, touched: list[bool]
    ) -> Iterator[Deviation]:
        """The deviations of a step from a sequence of abstract actions: guards and effects.

        `env` gives the values of what the arguments mention.
        """
        images, written = self.rewriting.images, set[Any]()
        for call in sequence:
            upper = self.upper.action(call.action)
            yield from self._not_enabled(call, upper, images, env)
            images = after(images, upper, call.env(upper))
            written |= writes(upper)
        state, actions = self._picked(step), shown_calls(sequence, arguments=False)
        for row, now, may_change in zip(self.rows, self.now, touched, strict=True):
            if may_change or row.place in written:
                expected = self.flat.expr(Rewriting(images).expr(row.now(), {}))
                f = differ(self.signature, row, (state, now, env), (self.before, expected, env))
                given = self._defined({"": self.before}, now, expected)
                given |= self._defined({AFTER: state}, now)
                yield Deviation(f"{actions}: what it does to {row}", f, given)

    def _not_enabled(
        self, call: AbstractCall, upper: c.Action, images: Mapping[str, Image], given: Env
    ) -> Iterator[Deviation]:
        """The guards that may keep an abstract action from following those before it.

        The guards that mention open parameters are one deviation: that no arguments satisfy them.
        """
        rewriting, env = Rewriting(images), call.env(upper)

        def wrong(what: str, condition: c.Expr) -> Deviation:
            found = self.flat.expr(condition)
            f = FirstOrderTranslator(self.signature, self.before).formula(found, given)
            axioms = self._defined({"": self.before}, found)
            return Deviation(f"{call.action}: {what}", neg(f), axioms)

        for p, term in zip(upper.parameters, call.terms, strict=True):
            if term is not None and (condition := self._possible(p, term, rewriting)) != TRUE:
                yield wrong(p.var.name, condition)
        open_parameters = [
            p for p, term in zip(upper.parameters, call.terms, strict=True) if term is None
        ]
        names = {p.var.name for p in open_parameters}
        joint = [g for g in upper.guards if names & free(g.condition).keys()]
        for g in upper.guards:
            if g not in joint:
                yield wrong(f"require({g.text})", rewriting.expr(g.condition, env))
        if open_parameters:
            body = conjunction([g.condition for g in joint])
            some_of_them = c.Quant(
                forall=False, binders=tuple(open_parameters), body=body, type=c.BOOL
            )
            what = " and ".join(f"require({g.text})" for g in joint)
            found = wrong(f"{', '.join(names)} with {what}", rewriting.expr(some_of_them, env))
            yield replace(found, given={**found.given, **self._exchanges(open_parameters)})

    def _exchanges(self, open_parameters: Sequence[c.Binder]) -> dict[str, Formula]:
        """For open parameters that are quorums, the axiom that members may be exchanged."""
        systems = [p.var.type.system for p in open_parameters if isinstance(p.var.type, QuorumType)]
        return {f"{s.__name__} by size": exchange(self.signature, s) for s in systems}

    def _possible(self, p: c.Binder, term: c.Expr, rewriting: Rewriting) -> c.Expr:
        """That a term is a possible argument of the abstract action."""
        parts: list[c.Expr] = []
        for e in _unwrapped(term):
            nothing = c.Lit(value=None, type=e.type)
            parts.append(negation(c.Eq(left=e, right=nothing, type=c.BOOL)))
        t = p.var.type
        if isinstance(t, SortType) and t.bottom is not None:
            bottom = c.Lit(value=t.sort(-1), type=t)
            parts.append(negation(c.Eq(left=term, right=bottom, type=c.BOOL)))
        if isinstance(p.domain, c.OverSent):
            parts.append(rewriting.sent(p.domain.variable, term))
        return conjunction(parts)


def differ(v: Signature, row: StateRow, one: Any, other: Any) -> Formula:
    """That two states, each with an expression and its names, differ in some row of this kind."""
    constants = [v.fresh(n.name, v.sort(n.type)) for n in row.names]
    named = {n.name: single(x) for n, x in zip(row.names, constants, strict=True)}
    proper = [
        (v.proper if n in row.keys else v.typed)(x, n.type)
        for n, x in zip(row.names, constants, strict=True)
    ]
    a, b = (FirstOrderTranslator(v, s).formula(e, {**env, **named}) for s, e, env in (one, other))
    return some(constants, conj([*proper, disj([conj([a, neg(b)]), conj([neg(a), b])])]))


def _unwrapped(term: c.Expr) -> list[c.Expr]:
    return [n.of for n in walk(term) if isinstance(n, c.Unwrap)]


def with_lemmas(refinement: Refinement) -> Any:
    """The concrete protocol with the invariants of its companion, if there is one."""
    concrete, lemmas = refinement.concrete, refinement.lemmas
    if lemmas is None or issubclass(concrete, lemmas):
        return concrete
    if issubclass(lemmas, concrete):
        return lemmas
    return type(concrete.__name__, (concrete, lemmas), {"__module__": concrete.__module__})


def _with_mapping(refinement: Refinement) -> Any:
    """The concrete protocol with the quorum systems that the mapping mentions: that they meet."""
    lower, mapping = with_lemmas(refinement), refinement.mapping
    if not isinstance(mapping, FunctionType):
        return lower
    parts = (mapping.__globals__, mapping.__name__, mapping.__defaults__, mapping.__closure__)
    image: Any = FunctionType(mapping.__code__, *parts)
    image._quorate = Mark("define")
    return type(lower.__name__, (lower,), {"__module__": lower.__module__, "the mapping": image})
