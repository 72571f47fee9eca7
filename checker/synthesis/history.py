"""History lemmas: what was true when a step had an effect that can still be seen.

An effect fact says what one effect of an action made true: a cell no longer holds its initial
value, a set has a member, a message was sent. The actions with that effect say what else was true
at that time: their guards and their other effects. For every effect fact, this is suggested as a
lemma; if several actions have the effect, the lemma is a disjunction. A further premise allows for
later changes: a cell still has the value that it had then, or a process has not returned to its
initial state.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    MapType,
    QuorumType,
    RecordType,
    SetType,
    SortType,
)
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE, equal, exists, negation, over
from quorate.model.language.ir.traverse import free, substituted, walk

from .action_forms import inner
from .effects import EffectFact, added, effect_facts, put_in, undetermined
from .expressions import base, every, ordered
from .sendings import conjuncts

MOST_PHRASINGS = 8  # of one fact
MOST_TOGETHER = 400  # combinations of what several actions say of one effect
MOST_MORE = 3  # conditions on one message that was sent


def history_lemmas(description: c.Description, actions: Sequence[c.Action]) -> Iterator[c.Expr]:
    """The history lemmas of all effect facts."""
    by_shape: dict[Any, list[EffectFact]] = {}
    for effect in (m for a in actions for m in effect_facts(description, a)):
        by_shape.setdefault(effect.shape, []).append(effect)
    for effects in by_shape.values():
        said = [list(dict.fromkeys(x for e in _conclusions(m) for x in _dual(e))) for m in effects]
        premises = list(_premises(description, effects))
        rows = itertools.islice(itertools.product(*said), MOST_TOGETHER)
        for row in rows:
            parts = list(dict.fromkeys(row))
            for more in premises:
                denied = [] if effects[0].premise == TRUE else [negation(effects[0].premise)]
                yield every(effects[0].binders, [*denied, *more, *parts])


# ---------------------------------------------------------------- what was true then


def _facts(effect: EffectFact) -> Iterator[c.Expr]:
    """What was true after the step, in terms of its parameters."""
    writes = [e for e in effect.action.effects if isinstance(e, c.Write) and not e.binders]
    written = {e.variable for e in effect.action.effects if isinstance(e, c.Write)}
    found = [*effect.facts, *conjuncts(effect.action)]
    for w in writes:
        cell = c.Read(variable=w.variable, keys=w.keys, type=w.value.type)
        if w is effect.effect or _reads(w.value, written):
            continue
        if isinstance(cell.type, SetType):
            found += [c.Member(item=x, of=cell, type=c.BOOL) for x in added(w.value)]
        elif w.when == TRUE:
            yield equal(cell, w.value)
        if ordered(cell.type):
            yield c.LessEq(left=w.value, right=cell, type=c.BOOL)
    for e in effect.action.effects:
        if isinstance(e, c.Send) and e is not effect.effect and not e.binders:
            found.append(c.Sent(variable=e.variable, message=e.message, type=c.BOOL))
    for fact in found:
        if not _reads(fact, written):
            yield fact
            if isinstance(fact, c.Eq) and ordered(fact.left.type):
                yield c.LessEq(left=fact.left, right=fact.right, type=c.BOOL)
                yield c.LessEq(left=fact.right, right=fact.left, type=c.BOOL)


def _reads(e: c.Expr, variables: set[str]) -> bool:
    return any(isinstance(x, c.Read) and x.variable in variables for x in walk(e))


def _conclusions(effect: EffectFact) -> Iterator[c.Expr]:
    """The same in terms of the effect fact, with the other parameters quantified."""
    words = _words(effect)
    facts = list(dict.fromkeys(_facts(effect)))
    for fact in facts:
        if isinstance(fact, c.Sent):
            yield from _was_sent(effect, fact, words, facts)
            continue
        for put in _phrasings(free(fact), words):
            found = put_in(fact, put)
            rest = [v for n, v in free(found).items() if n in words]
            if not rest:
                yield found
            elif all(isinstance(v.type, (SortType, QuorumType)) for v in rest):
                names = {v.name for v in rest}
                linked = [
                    put_in(x, put)
                    for x in facts
                    if isinstance(x, c.Eq)
                    and x != fact
                    and names & set(free(x))
                    and not set(free(put_in(x, put))) & set(words) - names
                ]
                yield exists(tuple(map(over, rest)), [*linked, found])


def _dual(e: c.Expr) -> Iterator[c.Expr]:
    """A condition. If it is about all members of some quorum, also its dual.

    The dual says that every quorum has a member for which it is true. It follows if quorums meet,
    and proofs for any size can use it more easily.
    """
    yield e
    match e:
        case c.Quant(forall=False, binders=(b,), body=body) if isinstance(b.var.type, QuorumType):
            member = c.Var(name="a.member", type=SortType(b.var.type.system.of))
            inside = c.Binder(var=member, domain=c.OverMembers(of=b.var))
            says: c.Expr | None = None
            match body:
                case c.Subset(left=left, right=right) if left == b.var:
                    says = c.Member(item=member, of=right, type=c.BOOL)
                case c.Quant(forall=True, binders=(c.Binder(var=a, domain=over_q),), body=of_a):
                    if over_q == c.OverMembers(of=b.var):
                        says = substituted(of_a, {a.name: member})
            if says is not None:
                yield every([b], [exists((inside,), [says])])


def _words(effect: EffectFact) -> dict[str, list[c.Expr]]:
    """How the effect fact names each parameter: directly, or as a cell that holds it."""
    words: dict[str, list[c.Expr]] = {b.var.name: [] for b in effect.action.parameters}
    for name, e in effect.put.items():
        words[name] = [e]
    for w in effect.action.effects:
        if not isinstance(w, c.Write) or w.binders or w.when != TRUE:
            continue
        value = inner(w.value)
        if isinstance(value, c.Var) and value.name not in effect.put and w is not effect.effect:
            keys = tuple(substituted(k, effect.put) for k in w.keys)
            if not {n for k in keys for n in free(k)} & (set(words) - set(effect.put)):
                words[value.name].append(c.Read(variable=w.variable, keys=keys, type=w.value.type))
    return words


def _phrasings(
    names: Mapping[str, c.Var], words: Mapping[str, list[c.Expr]]
) -> Iterator[dict[str, c.Expr]]:
    """Every choice of names for these parameters, or of none."""
    choices = [(n, words[n]) for n in names if words.get(n)]
    rows = itertools.product(*[ws for _, ws in choices])
    for row in itertools.islice(rows, MOST_PHRASINGS):
        yield {n: e for (n, _), e in zip(choices, row, strict=True)}


def _was_sent(
    effect: EffectFact, sent: c.Sent, words: Mapping[str, list[c.Expr]], facts: Sequence[c.Expr]
) -> Iterator[c.Expr]:
    """That such a message was sent, with what else is known of its fields."""
    if not isinstance(sent.message, c.MakeRecord):
        return
    record = sent.message.record
    x = c.Var(name=f"x.{record.__name__}", type=RecordType(record))
    binder = c.Binder(var=x, domain=c.OverSent(variable=sent.variable, record=record))
    rows = [
        (c.Field(of=x, name=n, type=t), arg)
        for (n, t), arg in zip(record.field_types().items(), sent.message.args, strict=True)
        if not isinstance(t, MapType)
    ]
    fields = {a.name: f for f, a in rows if isinstance(a, c.Var)}
    choices = []
    for field, arg in rows:
        names = set(free(arg)) & set(words)
        if isinstance(arg, c.Var) and arg.name not in effect.put:
            choices.append([None, *(equal(field, e) for e in words[arg.name])])
        elif names <= set(effect.put):
            choices.append([equal(field, put_in(arg, effect.put))])
    more = []
    for fact in facts:
        put = {**fields, **effect.put}
        named = set(free(fact)) & set(words)
        if not isinstance(fact, c.Sent) and named <= set(put) and named - set(effect.put):
            more.append(put_in(fact, put))
    for row in itertools.islice(itertools.product(*choices), MOST_PHRASINGS):
        parts = [p for p in row if p is not None]
        for k in range(min(len(more), MOST_MORE) + 1):
            for extra in itertools.combinations(more[:6], k):
                if parts or extra:
                    yield exists((binder,), [*parts, *extra])


# ---------------------------------------------------------------- what may have changed since


def _premises(description: c.Description, effects: Sequence[EffectFact]) -> Iterator[list[c.Expr]]:
    """No premise; or that a process has not returned to its first role; or an earlier equation."""
    yield []
    first = effects[0]
    bound = [b.var for b in first.binders if isinstance(b.domain, c.OverType)]
    terms = [*bound, *first.put.values()]
    for v in description.variables:
        keys, value = (v.type.keys, v.type.value) if isinstance(v.type, MapType) else ((), v.type)
        if not isinstance(base(value), (EnumType, BoolType)):
            continue
        choices = [[t for t in terms if t.type == k] for k in keys]
        for row in itertools.product(*choices):
            cell = c.Read(variable=v.name, keys=tuple(dict.fromkeys(row)), type=value)
            if len(cell.keys) == len(keys):
                yield [equal(cell, c.Lit(value=v.initial, type=value))]
    if len(effects) == 1:
        for fact in dict.fromkeys(_facts(first)):
            if isinstance(fact, c.Eq):
                found = put_in(fact, first.put)
                if not set(free(found)) & undetermined(first):
                    yield [negation(found)]
