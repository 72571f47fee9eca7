"""Traversal of nodes: their parts, free variables, substitution.

It works on both IRs unless a function says otherwise. The parts of a node are found in the fields
of its dataclass, so a new class of nodes, domains or effects needs no change here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar

from . import core as c
from .node import IRNode

N = TypeVar("N", bound=IRNode)
T = TypeVar("T")


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    cls: Any = kind
    return tuple(f.name for f in fields(cls))


def _field_names(node: Any) -> tuple[str, ...]:
    cls: Any = type(node)  # type checkers see the hash of instances, not of the class
    return _names(cls)


def parts(node: Any) -> Iterator[tuple[str, IRNode]]:
    """The immediate parts of a node, each with the name of the field that holds it."""
    for name in _field_names(node):
        value = getattr(node, name)
        if isinstance(value, IRNode):
            yield name, value
        elif isinstance(value, tuple):
            yield from ((name, part) for part in _nodes(value))


def _nodes(value: tuple[Any, ...]) -> Iterator[IRNode]:
    for item in value:
        if isinstance(item, IRNode):
            yield item
        elif isinstance(item, tuple):
            yield from _nodes(item)


def children(node: Any) -> Iterator[Any]:
    """The immediate parts of a node."""
    return (part for _, part in parts(node))


def walk(node: Any, inside: Callable[[Any], Iterable[Any]] = children) -> Iterator[Any]:
    """A node and everything inside it, in preorder. `inside` gives the parts to descend into."""
    yield node
    for part in inside(node):
        yield from walk(part, inside)


def rebuilt(node: N, change: Callable[[Any], Any]) -> N:
    """A node with each immediate part changed; the node itself if nothing changes."""
    changes: dict[str, Any] = {}
    for name in _field_names(node):
        value = getattr(node, name)
        new = _changed(value, change)
        if new is not value:
            changes[name] = new
    return replace(node, **changes) if changes else node  # type: ignore[type-var]


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, IRNode):
        return change(value)
    # A tuple of another class is a constant, such as a record.
    if type(value) is tuple:
        new = tuple(_changed(item, change) for item in value)
        return new if any(a is not b for a, b in zip(new, value, strict=True)) else value
    return value


def transformed(node: Any, put: Callable[[Any], Any]) -> Any:
    """A node with parts replaced by what `put` gives, from the root down; None means to descend."""
    new = put(node)
    return new if new is not None else rebuilt(node, lambda part: transformed(part, put))


# ---------------------------------------------------------------- variables of the core IR


_BINDING = (c.Quant, c.SetComp, c.Filter, c.Count, c.Extreme, c.Write, c.Send, c.Receive)


def binders_of(node: Any) -> tuple[c.Binder, ...]:
    """The binders of a node of the core IR, whose variables are bound in its other parts.

    The domain of a binder sees the variables of those before it.
    """
    if isinstance(node, _BINDING):
        return node.binders
    match node:
        case c.Action():
            return node.parameters
        case c.MakeMap(var=var):
            return (c.Binder(var=var, domain=c.OverType(type=var.type)),)
    return ()


def occurrences(node: Any, atom: Callable[[Any], tuple[str, T] | None]) -> Iterator[tuple[str, T]]:
    """The free occurrences in a node of the core IR: the variable, and what `atom` gives for it.

    `atom` gives both for the nodes to be found, such as variables, and None for other nodes.
    """
    found = atom(node)
    if found is not None:
        yield found
        return
    bound: set[str] = set()
    for b in binders_of(node):
        for part in (b.domain, *(() if b.when is None else (b.when,))):
            yield from (x for x in occurrences(part, atom) if x[0] not in bound)
        bound.add(b.var.name)
    for part in _unbinding(node):
        yield from (x for x in occurrences(part, atom) if x[0] not in bound)


def free(node: Any) -> dict[str, c.Var]:
    """The variables that occur free in a node of the core IR, by name, in order of occurrence."""
    return dict(occurrences(node, lambda x: (x.name, x) if isinstance(x, c.Var) else None))


def _unbinding(node: Any) -> Iterator[Any]:
    """The parts of a node except its binders."""
    binding = _binding_field(node)
    return (part for name, part in parts(node) if name != binding)


def _binding_field(node: Any) -> str | None:
    if isinstance(node, _BINDING):
        return "binders"
    match node:
        case c.Action():
            return "parameters"
        case c.MakeMap():
            return "var"
    return None


def substituted(node: Any, put: Mapping[str, c.Expr]) -> Any:
    """A node of the core IR with expressions substituted for free variables, by name.

    Nothing is captured: a binder whose name is free in a substituted expression is renamed.
    """
    if isinstance(node, c.Var):
        return put.get(node.name, node)
    if not put:
        return node
    if _binding_field(node) is None:
        return rebuilt(node, lambda part: substituted(part, put))
    return _substituted_below(node, put)


def _substituted_below(node: Any, put: Mapping[str, c.Expr]) -> Any:
    inside = dict(put)
    new = []
    for i, b in enumerate(binders_of(node)):
        when = None if b.when is None else substituted(b.when, inside)
        domain = substituted(b.domain, inside)
        inside.pop(b.var.name, None)
        var = _uncaptured(node, i, inside)
        if var is not b.var:
            inside[b.var.name] = var
        new.append(replace(b, var=var, domain=domain, when=when))
    changes: dict[str, Any] = {}
    binding = _binding_field(node)
    for name in _field_names(node):
        if name != binding:
            changes[name] = _changed(getattr(node, name), lambda p: substituted(p, inside))
    bound: Any = new[0].var if binding == "var" else tuple(new)
    return replace(node, **changes, **{str(binding): bound})


def _uncaptured(node: Any, i: int, put: Mapping[str, c.Expr]) -> c.Var:
    """The variable of the i-th binder, renamed if it would capture a variable."""
    binders = binders_of(node)
    var = binders[i].var
    if not any(var.name in free(e) for e in put.values()):
        return var
    below: set[str] = set()
    for later in binders[i + 1 :]:
        below |= set(free(later.domain)) | (set(free(later.when)) if later.when else set())
    for part in _unbinding(node):
        below |= set(free(part))
    values = [put[name] for name in below if name in put]
    used = below | {name for e in values for name in free(e)} | {b.var.name for b in binders}
    if not any(var.name in free(e) for e in values):
        return var
    names = (f"{var.name}'{n}" for n in itertools.count(1))
    return replace(var, name=next(name for name in names if name not in used))
