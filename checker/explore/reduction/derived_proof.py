"""Derived variables: the inductive proof, at given sizes, that cells follow from the messages sent.

Floyd: Assigning Meanings to Programs (1967). The claims are equalities of cells and formulas
(ground/derived.py). Together with them it is proved that every message of a class was sent after
another message that its sender's guards require. Claims that are not inductive are dropped until
the rest is: Flanagan, Leino: Houdini, an Annotation Assistant for ESC/Java (FME 2001).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import z3

from quorate.checker.ground.columns import Column
from quorate.checker.ground.dependency import Dependency
from quorate.checker.ground.first_states import initial_states
from quorate.checker.ground.instances import Assignment, Instance, Instantiator
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool, Graph, Node, Scalar, nodes_in
from quorate.checker.ground.packed_states import pieces, repacked, rows_of
from quorate.checker.ground.packing import Packing
from quorate.checker.ground.vector import Vector
from quorate.checker.smt.cells import Cells
from quorate.checker.smt.translate import GroundTranslator
from quorate.model.language import SizeError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import Record, RecordType
from quorate.model.language.ir import core as c

MOST_CONFLICTS = 100_000  # that Z3 works through for one question
MOST_INSTANCES = 4_000
MOST_MESSAGES = 1 << 12  # of a class, for which it is looked at what came before

Place = tuple[Column, int]


def unproved(
    description: c.Description, sizes: Sizes, claimed: tuple[Dependency, ...]
) -> list[Dependency]:
    """The claims that could not be proved; call it inside `sizes`.

    If there are any, the others are not proved either. Claims are also dropped if there are too
    many steps to check.
    """
    layout = Layout(description, sizes, claimed)
    try:
        return _Proof(layout).unproved()
    except SizeError:
        return list(claimed)


@dataclass(frozen=True)
class Before:
    """Each message of a class comes after one of another, with the same values in some fields."""

    messages: str
    record: type[Record]
    earlier: type[Record]
    same: tuple[tuple[str, str], ...]  # a field of the message, a field of the earlier one


class _Proof:
    def __init__(self, layout: Layout) -> None:
        self.layout, self.g = layout, layout.graph
        self.instances = list(self._instances())
        self.claims = [
            (d, column, i)
            for d in layout.determined
            for column in self._columns(d)
            for i in range(column.count)
        ]
        initial = initial_states(layout.description.protocol, layout.sizes)
        self.initial = rows_of(Packing(layout), initial)
        whole = Layout(layout.description, layout.sizes)
        self.whole = Packing(whole)
        self.changed = np.zeros(whole.words, np.uint64)  # where some state is not what follows
        for rows in pieces(rows_of(self.whole, initial)):
            again = repacked(repacked(rows, whole, layout), layout, whole)
            self.changed |= np.bitwise_or.reduce(rows ^ again, axis=0)

    def _columns(self, d: Dependency) -> list[Column]:
        if d.reported is None:
            return self.layout.parts[d.variable]
        return [self.layout.messages[d.messages, d.reported].column]

    def _instances(self) -> Iterator[Instance]:
        """The steps that write to a cell that is claimed to follow, or that others follow from."""
        make, relevant = Instantiator(self.layout), self._relevant()
        for action in self.layout.description.actions:
            if not any(_target(e) in relevant for e in action.effects):
                continue
            if math.prod(make._width(b) for b in action.parameters) > MOST_INSTANCES:
                raise SizeError(f"too many instances of {action.name}")
            yield from make.instances(action, unroll=True)

    def _relevant(self) -> set[Any]:
        found: set[Any] = set()
        for d in self.layout.determined:
            found |= {d.target, *(s.record for s in d.sources)}
        return found

    # ------------------------------------------------------------ claims that carry themselves

    def unproved(self) -> list[Dependency]:
        """Without what came before what as long as no claim fails for lack of it."""
        wrong = [d for d in self.layout.determined if not self._at_first(d)]
        if wrong:
            return wrong
        order = [self._always(b) for b in _orders(self.layout.description)]
        order = [p for p in order if p is not True and self._true_at_first(p)]
        while True:
            solver, at = self._solver(order)
            broken = [p for p in order if self._breaks(solver, at, [(p, None)])]
            if not broken:
                break
            order = [p for p in order if p not in broken]
        return [
            d
            for d in self.layout.determined
            if self._breaks(solver, at, [(column, i) for e, column, i in self.claims if e is d])
        ]

    def _at_first(self, d: Dependency) -> bool:
        name = d.variable if d.reported is None else d.messages
        bits = self.whole.bits(self.whole.layout.description.variable(name), d.reported)
        assert bits is not None  # in this layout, nothing follows from something else
        return not any(int(w) & bits >> 64 * k for k, w in enumerate(self.changed))

    def _true_at_first(self, p: Bool) -> bool:
        return all(Vector(rows).condition(p).all() for rows in pieces(self.initial))

    def _solver(self, assumed: Iterable[Bool]) -> tuple[Any, GroundTranslator]:
        cells = Cells(self.layout, "")
        at = GroundTranslator(cells)
        solver = z3.SolverFor("QF_FD", cells.context)
        solver.set("max_conflicts", MOST_CONFLICTS)
        solver.add(*cells.ranges())
        solver.add(*map(at.condition, assumed))
        return solver, at

    def _breaks(
        self, solver: Any, at: GroundTranslator, claims: list[tuple[Any, int | None]]
    ) -> bool:
        """Whether, as far as Z3 knows, some step breaks one of these claims."""
        g = self.g
        wrong: list[Bool] = []
        for instance in self.instances:
            step = _After(g, instance)
            broken = g.or_(step.broken(claim, index) for claim, index in claims)
            wrong.append(g.and_([instance.implicit, *instance.guards, broken]))
        solver.push()
        solver.add(at.condition(g.or_(wrong)))
        answer = solver.check()
        solver.pop()
        return bool(answer != z3.unsat)

    # ------------------------------------------------------------ what came before what

    def _always(self, b: Before) -> Bool:
        """That each message of the class came after one of the other, in ground form."""
        g, layout = self.g, self.layout
        later = layout.messages[b.messages, b.record]
        earlier = layout.messages[b.messages, b.earlier]
        if max(m.keys * m.payloads for m in (later, earlier)) > MOST_MESSAGES:
            return True
        sent: dict[tuple[Any, ...], list[Bool]] = {}
        for values, present in _messages(g, earlier, [f for _, f in b.same]):
            sent.setdefault(values, []).append(present)
        return g.and_(
            g.or_([g.not_(present), *sent.get(values, [])])
            for values, present in _messages(g, later, [f for f, _ in b.same])
        )


def _messages(g: Graph, m: Any, names: list[str]) -> Iterator[tuple[tuple[Any, ...], Bool]]:
    """The codes of some fields of each message of a class, and whether it was sent."""
    positions = [[s.name for s in m.spaces].index(n) for n in names]
    for index, payload in itertools.product(range(m.keys), range(m.payloads)):
        fields = m.fields(index, payload)
        codes = tuple(m.values.code(fields[i], m.spaces[i].type) for i in positions)
        yield codes, g.eq(g.load(m.column, index), payload + 1)


class _After:
    """What formulas are worth after a step, over the cells before it."""

    def __init__(self, g: Graph, instance: Instance) -> None:
        self.g, self.instance = g, instance
        self._stored: dict[Place, Scalar] = {}
        for s in instance.stores:
            for i in _indices(s):
                old = self._stored.get((s.column, i), g.load(s.column, i))
                self._stored[s.column, i] = _written(g, s, i, old)
        self._done: dict[int, Any] = {}

    def broken(self, claim: Any, index: int | None) -> Bool:
        """Where a claim does not hold after the step: a condition, or that a cell follows.

        The cell is claimed to hold what its formula says; it holds what the step writes to it.
        """
        g = self.g
        if index is None:
            return g.not_(self._value(claim))
        old = claim.formula(index)
        new, written = self._value(old), old
        for s in self.instance.determined:
            if s.column is claim and index in _indices(s):
                written = _written(g, s, index, written)
        return g.not_(g.eq(new, written))

    def _value(self, x: Any) -> Any:
        for node in nodes_in([x]):
            if node.id not in self._done:
                self._done[node.id] = self._put(node)
        return self._done[x.id] if isinstance(x, Node) else x

    def _put(self, node: Node) -> Any:
        if node.op == "load":
            return self._stored.get(node.args, node)
        args = [self._done[a.id] if isinstance(a, Node) else a for a in node.args]
        return self.g.rebuilt(node, args)


def _indices(s: Assignment) -> Sequence[int]:
    return range(s.column.count) if isinstance(s.index, Node) else [s.index]


def _written(g: Graph, s: Assignment, index: int, old: Scalar) -> Scalar:
    """What the cell at an index holds after a store, given what it held."""
    here = g.and_([s.when, g.eq(s.index, index)]) if isinstance(s.index, Node) else s.when
    return g.select(here, s.value, old)


def _target(e: c.Effect) -> Any:
    if isinstance(e, c.Write):
        return e.variable
    return e.message.type.record if isinstance(e.message.type, RecordType) else None


def _orders(description: c.Description) -> Iterator[Before]:
    """What the guards of a send ask to have been sent before, with what they have in common."""
    sends: dict[tuple[str, type[Record]], list[set[Before]]] = {}
    for action in (*description.inits, *description.actions):
        for effect in action.effects:
            if isinstance(effect, c.Send) and isinstance(effect.message, c.MakeRecord):
                asked = set() if effect.binders else set(_asked(action, effect))
                key = (effect.variable, effect.message.record)
                sends.setdefault(key, []).append(asked)
            elif isinstance(effect, c.Send) and isinstance(effect.message.type, RecordType):
                sends.setdefault((effect.variable, effect.message.type.record), []).append(set())
    for found in sends.values():
        yield from sorted(set.intersection(*found), key=repr)


def _asked(action: c.Action, send: c.Send) -> Iterator[Before]:
    assert isinstance(send.message, c.MakeRecord)
    record = send.message.record
    fields = dict(zip(record.field_types(), send.message.args, strict=True))
    for guard in action.guards:
        e = guard.condition
        for part in e.args if isinstance(e, c.And) else (e,):
            if isinstance(part, c.Sent) and isinstance(part.message, c.MakeRecord):
                earlier = part.message.record
                values = dict(zip(earlier.field_types(), part.message.args, strict=True))
                yield from _common(send.variable, record, fields, part.variable, earlier, values)
    for p in action.parameters:
        if isinstance(p.domain, c.OverSent):
            earlier = p.domain.record
            values = {
                n: c.Field(of=p.var, name=n, type=t) for n, t in earlier.field_types().items()
            }
            yield from _common(send.variable, record, fields, p.domain.variable, earlier, values)


def _common(
    messages: str,
    record: type[Record],
    fields: dict[str, c.Expr],
    where: str,
    earlier: type[Record],
    values: dict[str, Any],
) -> Iterator[Before]:
    same = tuple((f, h) for h, e in values.items() for f, x in fields.items() if x == e)
    if where == messages and same:
        yield Before(messages, record, earlier, same)
