"""What a step leaves behind: of whatever it made true, what else was true then.

A mark is what one effect made true: a cell holds what it did not at first, a set has a member, a
message was sent. The actions that make a mark say what else was true when they did: their guards,
their other effects. That is suggested as a lemma, for any mark; where several actions make it, what
the one says or the other. What changed since is allowed for by one more premise: that a cell still
holds what it did then, or that a process has not gone back to how it began.
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
from .effects import Mark, added, marks_of, put_in, untold
from .expressions import base, every, ordered
from .sendings import conjuncts

MOST_WAYS = 8  # to say one thing with other words
MOST_TOGETHER = 400  # of what several actions say of one mark
MOST_MORE = 3  # conditions on one message that was sent


def left_behind(description: c.Description, actions: Sequence[c.Action]) -> Iterator[c.Expr]:
    """Lemmas of all marks."""
    by_shape: dict[Any, list[Mark]] = {}
    for mark in (m for a in actions for m in marks_of(description, a)):
        by_shape.setdefault(mark.shape, []).append(mark)
    for marks in by_shape.values():
        said = [list(dict.fromkeys(x for e in _conclusions(m) for x in _dual(e))) for m in marks]
        premises = list(_premises(description, marks))
        rows = itertools.islice(itertools.product(*said), MOST_TOGETHER)
        for row in rows:
            parts = list(dict.fromkeys(row))
            for more in premises:
                denied = [] if marks[0].premise == TRUE else [negation(marks[0].premise)]
                yield every(marks[0].binders, [*denied, *more, *parts])


# ---------------------------------------------------------------- what was true then


def _facts(mark: Mark) -> Iterator[c.Expr]:
    """What was true after the step, in terms of its parameters."""
    writes = [e for e in mark.action.effects if isinstance(e, c.Write) and not e.binders]
    written = {e.variable for e in mark.action.effects if isinstance(e, c.Write)}
    found = [*mark.facts, *conjuncts(mark.action)]
    for w in writes:
        cell = c.Read(variable=w.variable, keys=w.keys, type=w.value.type)
        if w is mark.effect or _reads(w.value, written):
            continue
        if isinstance(cell.type, SetType):
            found += [c.Member(item=x, of=cell, type=c.BOOL) for x in added(w.value)]
        elif w.when == TRUE:
            yield equal(cell, w.value)
        if ordered(cell.type):
            yield c.LessEq(left=w.value, right=cell, type=c.BOOL)
    for e in mark.action.effects:
        if isinstance(e, c.Send) and e is not mark.effect and not e.binders:
            found.append(c.Sent(variable=e.variable, message=e.message, type=c.BOOL))
    for fact in found:
        if not _reads(fact, written):
            yield fact
            if isinstance(fact, c.Eq) and ordered(fact.left.type):
                yield c.LessEq(left=fact.left, right=fact.right, type=c.BOOL)
                yield c.LessEq(left=fact.right, right=fact.left, type=c.BOOL)


def _reads(e: c.Expr, variables: set[str]) -> bool:
    return any(isinstance(x, c.Read) and x.variable in variables for x in walk(e))


def _conclusions(mark: Mark) -> Iterator[c.Expr]:
    """The same in terms of the mark, with what is left of the parameters quantified."""
    words = _words(mark)
    facts = list(dict.fromkeys(_facts(mark)))
    for fact in facts:
        if isinstance(fact, c.Sent):
            yield from _was_sent(mark, fact, words, facts)
            continue
        for put in _ways(free(fact), words):
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
    """A condition; of some whole quorum also that every quorum has a member of which it is true.

    The second follows where quorums meet, and is what proofs for any size find easier to use.
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


def _words(mark: Mark) -> dict[str, list[c.Expr]]:
    """What each parameter is in terms of the mark: by the mark, or as a cell that holds it."""
    words: dict[str, list[c.Expr]] = {b.var.name: [] for b in mark.action.parameters}
    for name, e in mark.put.items():
        words[name] = [e]
    for w in mark.action.effects:
        if not isinstance(w, c.Write) or w.binders or w.when != TRUE:
            continue
        value = inner(w.value)
        if isinstance(value, c.Var) and value.name not in mark.put and w is not mark.effect:
            keys = tuple(substituted(k, mark.put) for k in w.keys)
            if not {n for k in keys for n in free(k)} & (set(words) - set(mark.put)):
                words[value.name].append(c.Read(variable=w.variable, keys=keys, type=w.value.type))
    return words


def _ways(
    names: Mapping[str, c.Var], words: Mapping[str, list[c.Expr]]
) -> Iterator[dict[str, c.Expr]]:
    """Every way to say these parameters in terms of the mark, or to leave them."""
    choices = [(n, words[n]) for n in names if words.get(n)]
    rows = itertools.product(*[ws for _, ws in choices])
    for row in itertools.islice(rows, MOST_WAYS):
        yield {n: e for (n, _), e in zip(choices, row, strict=True)}


def _was_sent(
    mark: Mark, sent: c.Sent, words: Mapping[str, list[c.Expr]], facts: Sequence[c.Expr]
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
        if isinstance(arg, c.Var) and arg.name not in mark.put:
            choices.append([None, *(equal(field, e) for e in words[arg.name])])
        elif names <= set(mark.put):
            choices.append([equal(field, put_in(arg, mark.put))])
    more = []
    for fact in facts:
        put = {**fields, **mark.put}
        named = set(free(fact)) & set(words)
        if not isinstance(fact, c.Sent) and named <= set(put) and named - set(mark.put):
            more.append(put_in(fact, put))
    for row in itertools.islice(itertools.product(*choices), MOST_WAYS):
        parts = [p for p in row if p is not None]
        for k in range(min(len(more), MOST_MORE) + 1):
            for extra in itertools.combinations(more[:6], k):
                if parts or extra:
                    yield exists((binder,), [*parts, *extra])


# ---------------------------------------------------------------- what may have changed since


def _premises(description: c.Description, marks: Sequence[Mark]) -> Iterator[list[c.Expr]]:
    """Nothing; or that some process has not gone back to its first role; or an equation of then."""
    yield []
    first = marks[0]
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
    if len(marks) == 1:
        for fact in dict.fromkeys(_facts(first)):
            if isinstance(fact, c.Eq):
                found = put_in(fact, first.put)
                if not set(free(found)) & untold(first):
                    yield [negation(found)]
