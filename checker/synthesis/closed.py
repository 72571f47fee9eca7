"""Lemmas from the goals, one step backwards: no other value can be chosen any more.

A message that was not sent may still be sent, unless the sender's guard on its cells has failed for
good. So a goal that two quorums agree suggests a lemma: once the message that one quorum waits for
was sent, some member of any quorum has not sent the other message, and cannot send it any more.
This is the weakest precondition of the goal, with its unstable part made stable.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from quorate.model.language.declare.types import QuorumType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import equal, less, negation, over
from quorate.model.language.ir.traverse import free, substituted, walk

from .expressions import every, ordered
from .sendings import Sending, conjuncts, fields_in, on_cells, on_messages


def closed_before(known: Sequence[Sending], goal: c.Expr) -> Iterator[c.Expr]:
    """Of two messages that whole quorums must send: once the step before the one was done,
    some member of any quorum has not sent the other, and cannot any more."""
    for quorum, member, sent in _asked_of_quorums(goal):
        variables = [v for n, v in free(sent).items() if n != member.var.name]
        for earlier in _steps_before(known, sent, member.var.name):
            for put, apart in _other_values(variables):
                other = substituted(sent, put)
                for closing in _closed(known, other):
                    one = c.Quant(forall=False, binders=(member,), body=closing, type=c.BOOL)
                    bound = [*variables, *(v for v in put.values() if isinstance(v, c.Var))]
                    bound += [v for v in free(earlier).values() if v not in bound]
                    yield every(
                        [*map(over, dict.fromkeys(bound)), quorum],
                        [negation(earlier), *apart, one],
                    )


def _steps_before(known: Sequence[Sending], sent: c.Sent, member: str) -> Iterator[c.Expr]:
    """What was sent before a message, whoever sends it; and what the sender of that asks for."""
    for s in _of(known, sent):
        put = s.parameters(fields_in(sent))
        for guard in conjuncts(s.action):
            here = substituted(guard, put)
            if set(free(here)) <= set(free(sent)) - {member} and on_messages(here):
                yield here
                if isinstance(here, c.Sent) and isinstance(here.message, c.MakeRecord):
                    yield from _about_to_be_sent(known, here)


def _about_to_be_sent(known: Sequence[Sending], sent: c.Sent) -> Iterator[c.Expr]:
    """The conditions on the sender's cells under which it may send this message now."""
    for s in _of(known, sent):
        fields = fields_in(sent)
        put = s.parameters(fields)
        parts = [equal(fields[f], read) for f, read in s.copied.items()]
        parts += [substituted(g, put) for g in conjuncts(s.action) if on_cells(g)]
        rest = set(free(c.And(args=tuple(parts), type=c.BOOL))) - set(free(sent))
        if parts and s.copied and rest:
            yield c.And(args=tuple(parts), type=c.BOOL)


def _closed(known: Sequence[Sending], sent: c.Sent) -> Iterator[c.Expr]:
    """The message was not sent, and a condition on cells that sending it requires is false."""
    choices = []
    for s in _of(known, sent):
        put = s.parameters(fields_in(sent))
        guards = [substituted(g, put) for g in conjuncts(s.action)]
        choices.append([g for g in guards if on_cells(g) and set(free(g)) <= set(free(sent))])
    for row in itertools.product(*choices):  # one guard of each action that sends it
        parts = [negation(sent), *dict.fromkeys(map(_denied, row))]
        yield c.And(args=tuple(parts), type=c.BOOL)


def _of(known: Sequence[Sending], sent: c.Sent) -> list[Sending]:
    assert isinstance(sent.message, c.MakeRecord)
    record = sent.message.record
    return [s for s in known if (s.variable, s.record) == (sent.variable, record)]


def _asked_of_quorums(goal: c.Expr) -> Iterator[tuple[c.Binder, c.Binder, c.Sent]]:
    """Messages that all members of a quorum must have sent."""
    seen: set[Any] = set()
    for node in walk(goal):
        if not isinstance(node, c.Quant) or node.forall:
            continue
        quorums = {b.var: b for b in node.binders if isinstance(b.var.type, QuorumType)}
        for part in walk(node.body):
            if not isinstance(part, c.Quant) or not part.forall or len(part.binders) != 1:
                continue
            (member,), sent = part.binders, part.body
            quorum = member.domain.of if isinstance(member.domain, c.OverMembers) else None
            if not isinstance(quorum, c.Var) or quorum not in quorums:
                continue
            if isinstance(sent, c.Sent) and isinstance(sent.message, c.MakeRecord):
                shape = (
                    sent.message.record,
                    tuple(isinstance(a, c.Var) for a in sent.message.args),
                )
                if shape not in seen:  # the goal compares two of one shape
                    seen.add(shape)
                    yield quorums[quorum], member, sent


def _other_values(variables: Sequence[c.Var]) -> Iterator[tuple[dict[str, c.Expr], list[c.Expr]]]:
    """Other values for some variables, and what says that they are not apart as wanted."""
    choices = [("same", "other", *(["less"] if ordered(v.type) else [])) for v in variables]
    for row in itertools.product(*choices):
        put: dict[str, c.Expr] = {}
        apart: list[c.Expr] = []
        for v, choice in zip(variables, row, strict=True):
            if choice == "same":
                continue
            w = c.Var(name=f"{v.name}.other", type=v.type)
            put[v.name] = w
            apart.append(equal(w, v) if choice == "other" else negation(less(w, v)))
        if put:
            yield put, apart


def _denied(e: c.Expr) -> c.Expr:
    if isinstance(e, c.LessEq):
        return less(e.right, e.left)
    return negation(e)
