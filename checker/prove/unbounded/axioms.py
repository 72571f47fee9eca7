"""What holds in every state, whatever the sizes: orders, quorums that meet, types of values."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import z3

from quorate.checker.prove.quorums import pairs
from quorate.model.language.declare.sorts import Ordered, Sort
from quorate.model.language.declare.types import MapType, MessagesType, SetType, SortType, Type

from .logic import Atom, Formula, Term, conj, disj, every, implies, some, triggered, unrestricted
from .meeting import always_meet
from .messages import Relation
from .signature import Signature
from .values import parts


def axioms(signature: Signature) -> dict[str, Formula]:
    """The axioms by name, about the symbols that formulas have brought in so far."""
    return _Axioms(signature).named()


@dataclass
class _Axioms:
    v: Signature

    def named(self) -> dict[str, Formula]:
        """What holds in every state, whatever the sizes: orders, quorums that meet, types."""
        found: dict[str, Formula] = {}
        for sort in [s for s in self.v.sorts if issubclass(s, Ordered)]:
            found[f"{sort.__name__} is ordered"] = self._ordered(sort)
        for left, right in pairs(self.v.description.protocol):
            mentioned = left in self.v.members or right in self.v.members
            if mentioned and always_meet(left, right):
                found[f"{left.__name__} meets {right.__name__}"] = self._meet(left, right)
        for relation in self.v.relations.values():
            if relation.wide:
                found[f"{relation.record.__name__} has all its rows"] = self._total(relation)
        for pinned in [s for s in self.v.sorts if issubclass(s, Sort)]:
            if pinned.size is not None:
                found[f"{pinned.__name__} has {pinned.size}"] = self._sized(pinned, pinned.size)
        if self.v.elements:
            found["elements are told apart"] = conj(self._distinct())
        found["values have their types"] = conj(self._typing())
        return found

    def _sized(self, sort: type[Sort], size: int) -> Formula:
        """A sort declared with a size has no more elements than that."""
        x, t = self.v.fresh("x", self.v.sorts[sort]), SortType(sort)
        elements = [self.v.element(sort, i) for i in range(size)]
        return every([x], implies(self.v.proper(x, t), disj(Atom(x == e) for e in elements)))

    def _distinct(self) -> list[Formula]:
        """Elements that a description names are values of their sorts, and in their order."""
        found = [self.v.proper(x, SortType(type(e))) for e, x in self.v.elements.items()]
        for (e, x), (f, y) in itertools.combinations(self.v.elements.items(), 2):
            if type(e) is type(f):
                found.append(Atom(x == y, False))
                if isinstance(e, Ordered):
                    low, high = (x, y) if e.index < f.index else (y, x)
                    found.append(Atom(self.v.order(type(e))(low, high)))
        return found

    def _ordered(self, sort: type[Ordered]) -> Formula:
        z, le = self.v.sorts[sort], self.v.order(sort)
        x, y, w = (self.v.fresh(n, z) for n in "xyw")

        def at_most(a: Term, b: Term) -> Formula:
            return Atom(le(a, b))

        least = [every([x], at_most(self.v.bottom(sort), x))] if sort.bottom else []
        return conj(
            [
                unrestricted(every([x], at_most(x, x))),
                unrestricted(
                    every([x, y, w], implies(conj([at_most(x, y), at_most(y, w)]), at_most(x, w)))
                ),
                unrestricted(
                    every([x, y], implies(conj([at_most(x, y), at_most(y, x)]), Atom(x == y)))
                ),
                unrestricted(every([x, y], disj([at_most(x, y), at_most(y, x)]))),
                *least,
            ]
        )

    def _meet(self, left: Any, right: Any) -> Formula:
        p = self.v.fresh("p", self.v._uninterpreted(left))
        q = self.v.fresh("q", self.v._uninterpreted(right))
        a = self.v.fresh("a", self.v._uninterpreted(left.of))
        both = [self.v.is_member(a, p, left), self.v.is_member(a, q, right)]
        return every([p, q], some([a], conj(both)))

    def _total(self, relation: Relation) -> Formula:
        """A message that holds maps has a row for each key.

        What is there is a function of the other fields (of one such message, if there were several)
        and of the key: rows that only say "some value" would beget each other without end.
        """
        assert relation.key is not None
        row = {n: self.v.fresh(n, self.v.sort(t)) for n, t in relation.columns}
        key = self.v.fresh("key", self.v.sort(relation.key))
        others = [row[n] for n, _ in relation.narrow]
        held = {"[]": key}
        for name, t in relation.wide:
            sorts = [x.sort() for x in (*others, key)]
            held[name] = z3.Function(f"{relation.record.__name__}.{name}", *sorts, self.v.sort(t))(
                *others, key
            )
        there = Atom(relation.symbol(*(held.get(n, x) for n, x in row.items())))
        here = conj([Atom(relation.symbol(*row.values())), self.v.proper(key, relation.key)])
        return triggered(every([*row.values(), key], implies(here, there)))

    def _typing(self) -> list[Formula]:
        """Every write and every send gives values of the declared types."""
        found: list[Formula] = []
        for relation in self.v.relations.values():
            columns = [self.v.fresh(n, self.v.sort(t)) for n, t in relation.columns]
            types = [t for _, t in relation.columns]
            right = conj(self.v.typed(x, t) for x, t in zip(columns, types, strict=True))
            found.append(every(columns, implies(Atom(relation.symbol(*columns)), right)))
        for system, symbol in self.v.members.items():
            x = self.v.fresh("a", self.v._uninterpreted(system.of))  # type: ignore[attr-defined]
            q = self.v.fresh("q", self.v._uninterpreted(system))
            right = self.v.typed(x, SortType(system.of))  # type: ignore[attr-defined]
            found.append(every([x, q], implies(Atom(symbol(x, q)), right)))
        for t, functions in self.v.sequences.items():
            found += self._parts_typing(functions, [self.v.fresh("q", self.v.sort(t))], t)
        for v in self.v.description.variables:
            if not isinstance(v.type, MessagesType):
                found += self._cell_typing(v.name, v.type)
        return found + [Atom(x >= 0) for x in self.v.ranges.values()]

    def _cell_typing(self, name: str, t: Type) -> list[Formula]:
        keys, value = (t.keys, t.value) if isinstance(t, MapType) else ((), t)
        row = [self.v.fresh("k", self.v.sort(k)) for k in keys]
        if isinstance(value, SetType):
            x = self.v.fresh("x", self.v.sort(value.element))
            inside = Atom(self.v.sets[name](*row, x))
            return [every([*row, x], implies(inside, self.v.typed(x, value.element)))]
        return self._parts_typing(self.v.parts[name], row, value)

    def _parts_typing(self, functions: Any, row: list[Term], t: Type) -> list[Formula]:
        found: list[Formula] = []
        for part, (positions, of) in parts(t).items():
            variables = [*row, *(self.v.fresh_number("i") for _ in range(positions))]
            found.append(every(variables, self.v.typed(functions[part](*variables), of)))
        return found
