"""Which sorts' elements are interchangeable in a protocol, at given sizes.

If every action and every property means the same with elements exchanged, and so do quorums and
initial states, a permutation of the elements maps runs to runs, and states that violate an
invariant to such states: one of each orbit stands for all. Equality favours no element. So an
expression can tell elements apart only by comparing them in an order, by a constant, or by which
round of a loop is the last. Where elements of an order, or with names of their own, may so be told
apart, it is a matter of proof whether they are (explore/reduction/equivariance.py). If no proof is
found, elements with names stay where they are; the bottom of an order always does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from quorate.model.language.declare.quorums import QuorumSystem
from quorate.model.language.declare.sorts import Ordered, Sizes, Sort
from quorate.model.language.declare.types import (
    MapType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.declare.unions import UnionType
from quorate.model.language.declare.values import FrozenMap
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk

from .first_states import initial_states
from .free_paths import free_paths
from .layout import Layout
from .packed_states import in_order, pieces, rows_of
from .packing import Packing
from .permutations import Permutation, permuted, swap

MOST_PERMUTATIONS = 50_000
MOST_TABLE = 1 << 14

Sorts = tuple[type[Sort], ...]

Rule = c.Action | c.Property
Exchange = tuple[int, ...]  # of two neighbours, as images of all elements


@dataclass(frozen=True)
class Exchanged:
    """The elements of a sort that are permuted: all from the one with this index on."""

    sort: type[Sort]
    first: int

    def __len__(self) -> int:
        return len(self.sort) - self.first

    @property
    def special(self) -> bool:
        """Whether they are declared as an order, or have names."""
        return issubclass(self.sort, Ordered) or self.first < len(self.sort.named)

    @property
    def orders(self) -> int:
        """How many permutations there are."""
        return math.factorial(len(self))

    def exchanges(self) -> list[Exchange]:
        """The permutations that exchange two neighbours."""
        return [swap(len(self.sort), i) for i in range(self.first, len(self.sort) - 1)]

    def holds(self, value: Any) -> bool:
        """Whether a constant is, or is made of, an element that is permuted."""
        if isinstance(value, FrozenMap):
            return any(self.holds(v) for item in value.items() for v in item)
        if isinstance(value, (tuple, frozenset)):
            return any(map(self.holds, value))
        return isinstance(value, self.sort) and value.index >= self.first


class SymmetryProof(Protocol):
    """Whether rules mean the same with elements exchanged: None if so, else why not."""

    def refuted(self, elements: Exchanged, rules: Sequence[Rule]) -> str | None:
        """What is found at little cost."""

    def unproved(self, elements: Exchanged, rules: Sequence[Rule]) -> str | None:
        """None only if it is proved."""


@dataclass(frozen=True)
class Interchangeable:
    """The sorts whose elements are interchangeable, and why others are not.

    `proved` are those of which that takes a proof.
    """

    found: Mapping[type[Sort], Exchanged]
    refused: Mapping[type[Sort], str] = field(default_factory=dict)
    proved: Sorts = ()

    @property
    def sorts(self) -> Sorts:
        return tuple(self.found)


def symmetric_sorts(description: c.Description, sizes: Sizes) -> Sorts:
    """The sorts of which no proof is needed; call it inside `sizes`."""
    layout = Layout(description, sizes)
    return interchangeable(layout, initial_states(description.protocol, sizes)).sorts


def interchangeable(
    layout: Layout,
    initial: Sequence[State],
    proof: SymmetryProof | None = None,
    plain: bool = False,
) -> Interchangeable:
    """The sorts whose elements are interchangeable, given the initial states.

    Without a `proof`, those are refused of which it takes one. With `plain`, only such elements
    are found as no expression of the language tells apart: without an order and names.
    """
    found: dict[type[Sort], Exchanged] = {}
    refused: dict[type[Sort], str] = {}
    proved: list[type[Sort]] = []
    for sort in layout.sizes.elements:
        if not issubclass(sort, Sort):
            continue
        for first in dict.fromkeys((0, len(sort.named))):
            elements = Exchanged(sort, first)
            if len(elements) < 2 or (plain and elements.special):
                continue
            reason, needed = _reason(elements, layout, initial, proof)
            if reason is None:
                found[sort] = elements
                refused.pop(sort, None)
                proved += [sort] if needed else []
                break
            refused[sort] = reason
    return Interchangeable(found, refused, tuple(proved))


def _reason(
    elements: Exchanged, layout: Layout, initial: Sequence[State], proof: SymmetryProof | None
) -> tuple[str | None, bool]:
    """Why elements are not interchangeable, if they are not, and whether that takes a proof.

    A proof is tried of what was declared as an order, or with names.
    """
    telling = told_apart(elements, layout.description)
    rules = [rule for rule, _ in telling]
    reason = _favoured_by_quorums(elements, layout.sizes)
    if not elements.special:
        proof = None
    if reason is None and telling:
        reason = proof.refuted(elements, rules) if proof else telling[0][1]
    reason = reason or _favoured_at_first(elements, layout, initial)
    if reason is None and proof and telling:
        reason = proof.unproved(elements, rules)
    return reason, bool(telling)


def _favoured_by_quorums(elements: Exchanged, sizes: Sizes) -> str | None:
    for system, quorums in sizes.elements.items():
        if not issubclass(system, QuorumSystem) or system.of is not elements.sort:
            continue
        family = {frozenset(q) for q in quorums}
        for exchange in elements.exchanges():
            if {permuted(q, {elements.sort: exchange}) for q in family} != family:
                return f"the quorums of {system.__name__} are not the same for all"
    return None


# ---------------------------------------------------------------- expressions


def told_apart(elements: Exchanged, description: c.Description) -> list[tuple[Rule, str]]:
    """The actions and properties that may tell elements apart, each with how it may.

    What an `@init` does is seen from the initial states.
    """
    found: list[tuple[Rule, str]] = []
    rules: list[Rule] = [*description.actions, *description.properties, *description.finals]
    for rule in rules:
        ways = (way for node in walk(rule) if (way := _telling(node, elements, rule.name)))
        if (way := next(ways, None)) is not None:
            found.append((rule, way))
    return found


def tells_apart(node: Any, elements: Exchanged) -> bool:
    """Whether something in an expression or effect may tell elements apart."""
    return any(_telling(n, elements, "it") for n in walk(node))


def _telling(node: Any, elements: Exchanged, where: str) -> str | None:
    sort = elements.sort
    match node:
        case c.Lit(value=value) if elements.holds(value):
            return f"{where} mentions {value!r}"
        case c.Less() | c.LessEq() if mentions(node.left.type, sort):
            return f"{where} compares {sort.__name__}s"
        case c.Extreme() if any(mentions(k.type, sort) for k in node.keys):
            return f"{where} compares {sort.__name__}s"
        case c.Write() if _depends_on_order(node, sort):
            return f"the last round of a loop in {where} wins, over {sort.__name__}"
    return None


# ---------------------------------------------------------------- loops


def _depends_on_order(effect: c.Write, sort: type[Sort]) -> bool:
    """Whether rounds of a loop write different values to one cell, the last of them for good.

    Sends need no look: two messages under one key are a mistake in every order.
    """
    bound = {b.var.name for b in effect.binders}
    keys = {p for k in effect.keys if (p := _path(k)) is not None}
    used = {p for p in free_paths(effect.value) if p[0] in bound}
    if all(any(p[: len(k)] == k for k in keys) for p in used):
        return False  # the value is the same whenever the cell is
    loose = [b for b in effect.binders if (b.var.name,) not in keys]
    return any(_order_depends(b, sort) for b in loose)


def _path(key: c.Expr) -> tuple[str, ...] | None:
    names: list[str] = []
    while isinstance(key, c.Field):
        names.append(key.name)
        key = key.of
    return (key.name, *reversed(names)) if isinstance(key, c.Var) else None


def _order_depends(b: c.Binder, sort: type[Sort]) -> bool:
    """Whether the order in which a binder takes its values is one of the elements."""
    if isinstance(b.domain, c.OverRange):
        return False
    if isinstance(b.domain, c.OverMembers) and isinstance(b.domain.of.type, SeqType):
        return False
    return mentions(b.var.type, sort)


def mentions(t: Type, sort: type[Sort]) -> bool:
    """Whether values of a type are made of elements of a sort."""
    match t:
        case SortType(s):
            return s is sort
        case QuorumType(system):
            return system.of is sort
        case OptionType(inner) | SetType(inner) | SeqType(inner, _):
            return mentions(inner, sort)
        case UnionType(alternatives):
            return any(mentions(x, sort) for x in alternatives)
        case RecordType():
            return any(mentions(f, sort) for f in t.fields.values())
        case MapType(keys, inner):
            return any(mentions(k, sort) for k in (*keys, inner))
    return False


# ---------------------------------------------------------------- states


def _favoured_at_first(elements: Exchanged, layout: Layout, initial: Sequence[State]) -> str | None:
    """Whether the initial states are closed under exchanging neighbours."""
    states = rows_of(Packing(layout), initial)
    known = in_order(states)
    for exchange in elements.exchanges():
        permutation = Permutation(layout, {elements.sort: exchange})
        if max((len(m.table) for m in permutation.moves if m.table), default=0) > MOST_TABLE:
            return f"the messages that hold {elements.sort.__name__}s have too many payloads"
        images = [permutation.apply(rows) for rows in pieces(states)]
        if images and not np.array_equal(in_order(np.concatenate(images)), known):
            return "the initial states are not the same for all"
    return None
