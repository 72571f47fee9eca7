"""What a refinement proof has to show, as questions to the prover for any number of elements.

Abadi and Lamport: The Existence of Refinement Mappings (1991), §2: from any state where the
invariants hold, each concrete step is, through the mapping, an abstract step or none at all. A
state is compared row by row: "max_bal[a] is b", "v is in chosen", "this message is sent".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.checker.prove.unbounded.logic import Formula, conj, disj, fresh, neg, single, some
from quorate.checker.prove.unbounded.obligations import Invariant, Obligations, writes
from quorate.checker.prove.unbounded.states import State
from quorate.checker.prove.unbounded.steps import Initially, Step
from quorate.checker.prove.unbounded.translate import Translator
from quorate.model.language import core as c
from quorate.model.language.diagnostics import NOWHERE
from quorate.model.language.lower import TRUE, conjunction, constant, describe, negation
from quorate.model.language.protocol import Mark, Variable
from quorate.model.language.types import (
    BoolType,
    MapType,
    MessagesType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.refinements import Refinement

from .flattening import Flattening
from .matching import Matching
from .reading import Image, images
from .rewriting import Rewriting, disjunction
from .ways import Way

ROW = "row "  # no name of a description has a space in it


@dataclass(frozen=True)
class Row:
    """One thing that an abstract state is made of: a cell, a member, a message, for any `names`.

    `keys` are those names that are keys of the map; `item` is what the cell, the set or the
    messages hold, None where the cell itself is true or false.
    """

    variable: Variable
    names: tuple[c.Var, ...]
    keys: tuple[c.Var, ...]
    item: c.Expr | None

    @property
    def cell(self) -> Type:
        """What the variable holds at the keys."""
        t = self.variable.type
        return t.value if isinstance(t, MapType) else t

    def now(self) -> c.Expr:
        """That it is so, in the abstract state."""
        if isinstance(self.cell, MessagesType):
            assert self.item is not None
            return c.Sent(variable=self.variable.name, message=self.item, type=c.BOOL)
        return self.of(c.Read(variable=self.variable.name, keys=self.keys, type=self.cell))

    def of(self, held: c.Expr) -> c.Expr:
        """That it is so where the cell holds this."""
        if self.item is None:
            return held
        if isinstance(self.cell, SetType):
            return c.Member(item=self.item, of=held, type=c.BOOL)
        return c.Eq(left=held, right=self.item, type=c.BOOL)


def _at_first(v: Variable) -> Image:
    """What a variable holds before anything has happened."""
    if isinstance(v.type, MessagesType):
        return Image((), None)
    keys = v.type.keys if isinstance(v.type, MapType) else ()
    cell = v.type.value if isinstance(v.type, MapType) else v.type
    names = tuple(c.Var(name=f"{ROW}at {i}", type=t) for i, t in enumerate(keys))
    return Image(names, constant(v.initial, cell))


def rows_of(v: Variable) -> list[Row]:
    """What the states of a variable are made of. Raises UnsupportedError."""
    if isinstance(v.type, MessagesType):
        return [Row(v, *_item(RecordType(m), ())) for m in v.type.messages]
    keys, cell = (v.type.keys, v.type.value) if isinstance(v.type, MapType) else ((), v.type)
    names = tuple(c.Var(name=f"{ROW}key {i}", type=t) for i, t in enumerate(keys))
    if isinstance(cell, BoolType):
        return [Row(v, names, names, None)]
    return [Row(v, *_item(cell.element if isinstance(cell, SetType) else cell, names))]


def _item(t: Type, keys: tuple[c.Var, ...]) -> Any:
    """The names, keys and item of a row that holds values of this type."""
    if not isinstance(t, RecordType):
        if isinstance(t, (SeqType, SetType, MapType)):
            raise UnsupportedError(f"an abstract variable with values of type {t}")
        var = c.Var(name=f"{ROW}item", type=t)
        return (*keys, var), keys, var
    for n, of in t.fields.items():
        if isinstance(of, (SeqType, SetType, MapType, RecordType)):
            raise UnsupportedError(f"values of type {of} (field `{n}` of {t})")
    fields = tuple(c.Var(name=f"{ROW}{n}", type=of) for n, of in t.fields.items())
    item = c.MakeRecord(record=t.record, args=fields, type=t)
    return (*keys, *fields), keys, item


@dataclass(frozen=True)
class Question:
    """A step or an initial state that is none of the abstract ones; to be refuted.

    `what` says in which respect: an abstract guard that need not hold, or what changes otherwise.
    """

    action: str | None
    what: str
    formula: Formula
    after: dict[str, Formula]  # the invariants after the step: they hold, once proved


class Simulation:
    """Every question of one refinement. Raises UnsupportedError."""

    def __init__(self, refinement: Refinement, matching: Matching) -> None:
        self.refinement, self.upper = refinement, matching.description
        if len(self.upper.inits) > 1:
            raise UnsupportedError(f"several @init of {self.upper.name}")
        self.protocol = _with_mapping(refinement)
        described = replace(describe(with_lemmas(refinement)), protocol=self.protocol)
        self.flat = Flattening(described)
        self.rewriting = Rewriting(images(refinement, matching))
        self.rows = [r for v in self.upper.variables for r in rows_of(v)]
        self.now = [self._read(r.now(), {}) for r in self.rows]
        # Everything that is asked is mentioned, so that its symbols and types are known.
        mentioned = [
            c.Property(name=f"{ROW}{i}", kind="mentioned", body=e) for i, e in enumerate(self.now)
        ]
        mentioned += [
            c.Property(name=f"{ROW}guard", kind="mentioned", body=e)
            for a in self.upper.actions
            for e in (self._read(g.condition, {}) for g in a.guards)
        ]
        properties = (*self.flat.description.properties, *mentioned)
        self.lower = replace(self.flat.description, properties=properties)
        self.obligations = Obligations(self.lower)
        self.vocabulary = self.obligations.vocabulary
        self.before = self.obligations.before

    def _read(self, e: c.Expr, env: dict[str, c.Expr]) -> c.Expr:
        """An abstract condition as one about the concrete state."""
        return self.flat.expr(self.rewriting.expr(e, env))

    # ------------------------------------------------------------ questions

    def initially(self) -> list[Question]:
        """The initial states whose image is no abstract initial state.

        The arguments of an abstract @init are the concrete one's, by name and type.
        """
        v = self.vocabulary
        starts: list[Step | None] = [Step(v, a, Initially(v)) for a in self.lower.inits]
        found = []
        for start in starts or [None]:
            state: State = start or Initially(v)
            env = start.env if start else {}
            for what, wrong in self._not_first(start, state, env):
                given = [*start.guards, *start.choices] if start else []
                found.append(Question(None, what, conj([*given, wrong]), {}))
        return found

    def _not_first(
        self, start: Step | None, state: State, env: dict[str, Any]
    ) -> list[tuple[str, Formula]]:
        """What may keep an initial state from being an abstract one."""
        blank = Rewriting({v.name: _at_first(v) for v in self.upper.variables})
        at = Translator(self.vocabulary, Initially(self.vocabulary))
        terms: dict[str, c.Expr] = {}
        found: list[tuple[str, Formula]] = []
        for upper in self.upper.inits:
            given = (
                {(p.var.name, p.var.type): p.var for p in start.action.parameters} if start else {}
            )
            for p in upper.parameters:
                if (p.var.name, p.var.type) not in given:
                    raise UnsupportedError(f"`{p.var.name}` of the @init {upper.name}", p.var.span)
                terms[p.var.name] = given[p.var.name, p.var.type]
            for g in upper.guards:
                f = at.formula(self.flat.expr(blank.expr(g.condition, terms)), env)
                found.append((f"{upper.name}: require({g.text})", neg(f)))
        for row, now in zip(self.rows, self.now, strict=True):
            first = row.now()
            for upper in self.upper.inits:
                first = _taken(row, upper)
            wanted = self.flat.expr(blank.expr(first, terms))
            f = self._differ(row, (state, now, env), (Initially(self.vocabulary), wanted, env))
            found.append((f"{row.variable.name} starts otherwise", f))
        return found

    def of(self, action: c.Action, ways: Sequence[Way]) -> list[Question]:
        """The steps of a concrete action that change something and are none of these ways."""
        step = Step(self.vocabulary, action, self.before)
        changes = writes(action)
        touched = [bool(Invariant("", NOWHERE, now).reads & changes) for now in self.now]
        wrongs = [self._wrong(way, step, touched) for way in ways]
        after = {n: i.of(self.vocabulary, step) for n, i in self.obligations.invariants.items()}
        found = []
        for row, now, may_change in zip(self.rows, self.now, touched, strict=True):
            if may_change:
                changed = self._differ(row, (step, now, step.env), (self.before, now, step.env))
                whats = [f"{row.variable.name} changes"] if not ways else []
                found += self._against(step, action, changed, wrongs, whats, after)
        return found

    def _against(
        self,
        step: Step,
        action: c.Action,
        changed: Formula,
        wrongs: list[list[tuple[str, Formula]]],
        whats: list[str],
        after: dict[str, Formula],
    ) -> list[Question]:
        """One question for each way in which each of the abstract actions may be no match."""
        if not wrongs:
            formula = conj([*step.guards, *step.choices, changed])
            return [Question(action.name, "; ".join(whats), formula, after)]
        first, *rest = wrongs
        found = []
        for what, wrong in first:
            both = conj([changed, wrong])
            found += self._against(step, action, both, rest, [*whats, what], after)
        return found

    def _wrong(self, way: Way, step: Step, touched: list[bool]) -> list[tuple[str, Formula]]:
        """What may keep the abstract action from being the step: guards, and its effects."""
        upper = self.upper.action(way.action)
        env = {p.var.name: t for p, t in zip(upper.parameters, way.terms, strict=True)}
        at = Translator(self.vocabulary, self.before)
        found: list[tuple[str, Formula]] = []
        for p, term in zip(upper.parameters, way.terms, strict=True):
            if (condition := self._possible(p, term)) != TRUE:
                f = at.formula(self.flat.expr(condition), step.env)
                found.append((f"{way.action}: {p.var.name}", neg(f)))
        for g in upper.guards:
            f = at.formula(self._read(g.condition, env), step.env)
            found.append((f"{way.action}: require({g.text})", neg(f)))
        written = {e.variable for e in upper.effects}
        for row, now, may_change in zip(self.rows, self.now, touched, strict=True):
            if may_change or row.variable.name in written:
                expected = self._read(_taken(row, upper), env)
                f = self._differ(row, (step, now, step.env), (self.before, expected, step.env))
                found.append((f"{way.action}: what it does to {row.variable.name}", f))
        return found

    def _possible(self, p: c.Binder, term: c.Expr) -> c.Expr:
        """That the term is an argument that the abstract action may take."""
        parts: list[c.Expr] = []
        for e in _unwrapped(term):
            nothing = c.Lit(value=None, type=e.type)
            parts.append(negation(c.Eq(left=e, right=nothing, type=c.BOOL)))
        t = p.var.type
        if isinstance(t, SortType) and t.bottom is not None:
            bottom = c.Lit(value=t.sort(-1), type=t)
            parts.append(negation(c.Eq(left=term, right=bottom, type=c.BOOL)))
        if isinstance(p.domain, c.OverSent):
            parts.append(self.rewriting.sent(p.domain.variable, term))
        return conjunction(parts)

    def _differ(self, row: Row, one: Any, other: Any) -> Formula:
        """That two states, each with an expression to read in it, differ at some such row."""
        v = self.vocabulary
        constants = [fresh(n.name, v.sort(n.type)) for n in row.names]
        named = {n.name: single(x) for n, x in zip(row.names, constants, strict=True)}
        proper = [
            (v.proper if n in row.keys else v.typed)(x, n.type)
            for n, x in zip(row.names, constants, strict=True)
        ]
        a, b = (Translator(v, s).formula(e, {**env, **named}) for s, e, env in (one, other))
        return some(constants, conj([*proper, disj([conj([a, neg(b)]), conj([neg(a), b])])]))


def _unwrapped(term: c.Expr) -> list[c.Expr]:
    return [n.of for n in c.walk(term) if isinstance(n, c.Unwrap)]


def _taken(row: Row, action: c.Action) -> c.Expr:
    """That the row is so after an abstract action, as a condition on the state before it."""
    found = row.now()
    for e in action.effects:
        if e.variable != row.variable.name:
            continue
        env: dict[str, c.Expr] = {}
        left = {b.var.name: b for b in e.binders}
        here = [e.when]
        if isinstance(e, c.Send):
            assert row.item is not None
            if e.message.type != row.item.type:
                continue
            here.append(c.Eq(left=e.message, right=row.item, type=c.BOOL))
            sent = c.Quant(forall=False, binders=e.binders, body=conjunction(here), type=c.BOOL)
            found = disjunction([found, sent if e.binders else conjunction(here)])
            continue
        for key, asked in zip(e.keys, row.keys, strict=True):
            if isinstance(key, c.Var) and key.name in left:
                if not isinstance(left.pop(key.name).domain, c.OverType):
                    raise UnsupportedError("this loop of an abstract action", e.span)
                env[key.name] = asked
            else:
                here.append(c.Eq(left=key, right=asked, type=c.BOOL))
        if left:
            raise UnsupportedError("a loop of an abstract action that writes a cell twice", e.span)
        rename = Rewriting({})
        reached = rename.expr(conjunction(here), env)
        new = rename.expr(row.of(e.value), env)
        found = (
            new
            if reached == TRUE
            else disjunction([conjunction([reached, new]), conjunction([negation(reached), found])])
        )
    return found


def with_lemmas(refinement: Refinement) -> Any:
    """The concrete protocol with the invariants of the companion that its proof needs, if any."""
    concrete, lemmas = refinement.concrete, refinement.lemmas
    if lemmas is None or issubclass(concrete, lemmas):
        return concrete
    if issubclass(lemmas, concrete):
        return lemmas
    return type(concrete.__name__, (concrete, lemmas), {"__module__": concrete.__module__})


def _with_mapping(refinement: Refinement) -> Any:
    """The concrete protocol as one that mentions what the mapping does: that its quorums meet."""
    lower, mapping = with_lemmas(refinement), refinement.mapping
    if not isinstance(mapping, FunctionType):
        return lower
    parts = (mapping.__globals__, mapping.__name__, mapping.__defaults__, mapping.__closure__)
    image: Any = FunctionType(mapping.__code__, *parts)
    image._quorate = Mark("define")
    return type(lower.__name__, (lower,), {"__module__": lower.__module__, "the mapping": image})
