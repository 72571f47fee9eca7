"""Which sorts' elements are interchangeable in a protocol, at given sizes.

Expressions tell elements of an unordered sort apart by equality alone. So, where quorums, named
constants, initial states and loops favour no element, a permutation of the elements maps runs to
runs, and states that violate an invariant to such states: one of each orbit stands for all.
Elements that are declared with names of their own stay where they are, so that a permutation of
the others maps expressions which mention them to themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

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
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk

from .first_states import initial_states
from .free_paths import free_paths
from .layout import Layout
from .packing import Packing
from .permutations import Permutation, permuted, swap

MOST_PERMUTATIONS = 50_000
MOST_TABLE = 1 << 14

Sorts = tuple[type[Sort], ...]


@dataclass(frozen=True)
class Interchangeable:
    """The sorts whose elements are interchangeable, and why the other unordered ones are not."""

    sorts: Sorts
    refused: dict[type[Sort], str] = field(default_factory=dict)

    @property
    def permutations(self) -> int:
        """How many permutations there are in all."""
        return math.prod(math.factorial(unnamed(s)) for s in self.sorts)


def unnamed(sort: type[Sort]) -> int:
    """How many elements of a sort have no name of their own: these are permuted."""
    return len(sort) - len(sort.named)


def exchanges(sort: type[Sort]) -> list[tuple[int, ...]]:
    """The permutations that exchange two neighbours among those elements."""
    return [swap(len(sort), i) for i in range(len(sort.named), len(sort) - 1)]


def symmetric_sorts(description: c.Description, sizes: Sizes) -> Sorts:
    """The sorts whose elements are interchangeable; call it inside `sizes`."""
    layout = Layout(description, sizes)
    return interchangeable(layout, initial_states(description.protocol, sizes)).sorts


def interchangeable(layout: Layout, initial: list[Any]) -> Interchangeable:
    """The sorts whose elements are interchangeable, given the initial states."""
    found: list[type[Sort]] = []
    refused: dict[type[Sort], str] = {}
    for sort in layout.sizes.elements:
        if not issubclass(sort, Sort) or issubclass(sort, Ordered) or unnamed(sort) < 2:
            continue
        reason = (
            _favoured_by_quorums(sort, layout.sizes)
            or _named(sort, layout.description)
            or _favoured_by_loops(sort, layout.description)
            or _favoured_at_first(sort, layout, initial)
        )
        if reason is None:
            found.append(sort)
        else:
            refused[sort] = reason
    return Interchangeable(tuple(found), refused)


def _favoured_by_quorums(sort: type[Sort], sizes: Sizes) -> str | None:
    for system, quorums in sizes.elements.items():
        if not issubclass(system, QuorumSystem) or system.of is not sort:
            continue
        family = {frozenset(q) for q in quorums}
        for exchange in exchanges(sort):
            if {permuted(q, {sort: exchange}) for q in family} != family:
                return f"the quorums of {system.__name__} are not the same for all"
    return None


# ---------------------------------------------------------------- constants


def _named(sort: type[Sort], description: c.Description) -> str | None:
    for place, root in _roots(description):
        for node in walk(root):
            if isinstance(node, c.Lit) and _holds_element(node.value, sort):
                return f"{place} mentions {node.value!r}"
    return None


def _roots(description: c.Description) -> Iterator[tuple[str, Any]]:
    """Every expression, binder and effect, with the name of what it stands in."""
    for action in (*description.inits, *description.actions):
        for parameter in action.parameters:
            yield action.name, parameter
        for guard in action.guards:
            yield action.name, guard.condition
        for effect in action.effects:
            yield action.name, effect
    for p in (*description.properties, *description.finals):
        yield p.name, p.body


def _holds_element(value: Any, sort: type[Sort]) -> bool:
    """Whether a constant is, or is made of, an element that is permuted."""
    if isinstance(value, FrozenMap):
        return any(_holds_element(v, sort) for item in value.items() for v in item)
    if isinstance(value, (tuple, frozenset)):
        return any(_holds_element(v, sort) for v in value)
    return isinstance(value, sort) and value.index >= len(sort.named)


# ---------------------------------------------------------------- loops


def _favoured_by_loops(sort: type[Sort], description: c.Description) -> str | None:
    """A loop whose rounds write different values to one cell: which is last, is a matter of order.

    Sends need no look: two messages under one key are a mistake in every order.
    """
    for action in (*description.inits, *description.actions):
        for effect in action.effects:
            if isinstance(effect, c.Write) and _depends_on_order(effect, sort):
                return f"the last round of a loop in {action.name} wins, over {sort.__name__}"
    return None


def _depends_on_order(effect: c.Write, sort: type[Sort]) -> bool:
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


def _favoured_at_first(sort: type[Sort], layout: Layout, initial: list[Any]) -> str | None:
    """Whether the initial states are closed under exchanging neighbours."""
    packing = Packing(layout)
    states = {tuple(map(int, packing.pack(state))) for state in initial}
    for exchange in exchanges(sort):
        permutation = Permutation(layout, {sort: exchange})
        if max((len(m.table) for m in permutation.moves if m.table), default=0) > MOST_TABLE:
            return f"the messages that hold {sort.__name__}s have too many payloads"
        if any(tuple(permutation.apply(s)) not in states for s in states):
            return "the initial states are not the same for all"
    return None
