"""Questions about parts of the surface IR."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from quorate.model.language.declare.types import (
    IntType,
    MapType,
    NatType,
    OptionType,
    SeqType,
    SortType,
)
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.traverse import children, walk


def outside_calls(node: Any) -> Iterator[Any]:
    """The immediate parts of a node; of a call its arguments, not what the helper computes."""
    return iter(node.args) if isinstance(node, s.Call) else children(node)


def mentions(nodes: Iterable[Any], uids: Iterable[int]) -> bool:
    """Whether a bound variable occurs in one of the nodes."""
    wanted = set(uids)
    return any(
        isinstance(n, s.Name) and n.uid in wanted for e in nodes for n in walk(e, outside_calls)
    )


def may_be_undefined(e: s.Expr) -> bool:
    """Whether an expression can be undefined: an entry past the end, a field of None."""
    return bool(_undefined_parts(e))


def _undefined_parts(e: Any) -> list[Any]:
    """The parts that can be undefined and that no earlier test guards."""
    match e:
        case s.Conditional(test=test, then=then, orelse=orelse):
            return _undefined_parts(test) + _untested(
                _undefined_parts(then) + _undefined_parts(orelse), [test]
            )
        case s.Boolean(args=args):
            found: list[Any] = []
            for i, arg in enumerate(args):
                found += _untested(_undefined_parts(arg), args[:i])
            return found
    inside = [e.body, *e.args] if isinstance(e, s.Call) else list(children(e))
    return [x for part in inside for x in _undefined_parts(part)] + ([e] if _may_fail(e) else [])


def _untested(undefined: list[Any], tests: Iterable[s.Expr]) -> list[Any]:
    """Those of the parts that no test guards."""
    asked = [n for test in tests for n in walk(test)]
    return [x for x in undefined if not any(n in asked for n in _about(x))]


def _about(undefined: Any) -> list[Any]:
    """What a test mentions if it tests whether this part is defined."""
    match undefined:
        case s.Subscript(of=of, index=index):
            return [of, *(n for n in walk(index, outside_calls) if not isinstance(n, s.Constant))]
        case s.StateRead(keys=keys):
            return list(keys)
        case s.Extreme(generators=generators):
            return [g.iterable for g in generators]
    return [undefined.of]


def _may_fail(node: Any) -> bool:
    match node:
        case s.Unwrap() | s.As() | s.Last() | s.Extreme(default=None):
            return True
        case s.Field(of=of):
            return isinstance(of.type, OptionType)
        case s.Subscript(of=of, index=index):
            return isinstance(of.type, SeqType) or may_be_no_key(index)
        case s.StateRead(keys=keys):
            return any(map(may_be_no_key, keys))
        case s.Arithmetic(op="//" | "%", right=right):
            return not (isinstance(right, s.Constant) and right.value)
    return False


def may_be_no_key(key: s.Expr) -> bool:
    """A bottom and a number out of range are no keys of a map; a bound variable is neither."""
    if isinstance(key, s.Name):
        return False
    if isinstance(key, s.Constant) and isinstance(key.type, SortType):
        return bool(key.value.index < 0)
    return isinstance(key.type, NatType | IntType) or getattr(key.type, "bottom", None) is not None


def independent(
    generators: tuple[s.Generator, ...],
) -> tuple[tuple[s.Generator, ...], tuple[s.Generator, ...]]:
    """The first generators that can share a quantifier, and the others.

    What the others go over depends on an element of the first, or is defined only under
    their conditions.
    """
    names = [generators[0].name.uid]
    conditional = bool(generators[0].conditions)
    for i, g in enumerate(generators[1:], 1):
        if mentions([g.iterable], names) or (conditional and may_be_undefined(g.iterable)):
            return generators[:i], generators[i:]
        names.append(g.name.uid)
        conditional = conditional or bool(g.conditions)
    return generators, ()


def unfolded(e: s.Expr) -> s.Expr:
    """What a local name stands for."""
    while isinstance(e, s.Local):
        e = e.value
    return e


def elementwise(e: s.Expr) -> bool:
    """Whether a list has no element twice: it is a set, or picks from one."""
    e = unfolded(e)
    if isinstance(e, s.Call):
        return elementwise(e.body)
    if not isinstance(e, s.Comprehension) or not isinstance(e.type, s.ListType):
        return not isinstance(e.type, SeqType)
    if e.kind == "set":
        return True
    return (
        len(e.generators) == 1
        and e.element == e.generators[0].name
        and elementwise(e.generators[0].iterable)
    )


def surely_read(e: s.Expr) -> Iterator[s.StateRead]:
    """The cells that are looked at whenever the expression is."""
    match e:
        case s.Boolean(args=args):
            yield from surely_read(args[0])
        case s.Conditional(test=test):
            yield from surely_read(test)
        case s.Quantified() | s.Comprehension() | s.Call() | s.Local():
            return
        case _:
            if isinstance(e, s.StateRead):
                yield e
            for part in children(e):
                yield from surely_read(part)


def locals_of(nodes: Iterable[Any], parameters: Iterable[s.Name]) -> list[s.Local]:
    """The local names used in the nodes whose definitions need only the parameters.

    Each occurs once, after those that its definition uses.
    """
    found: dict[Any, s.Local] = {}
    known = {p.uid for p in parameters}
    for node in nodes:
        for inner in walk(node, outside_calls):
            if isinstance(inner, s.Local) and _closed(inner.value, known):
                for nested in locals_of([inner.value], parameters):
                    found.setdefault(local_key(nested), nested)
                found.setdefault(local_key(inner), inner)
    return list(found.values())


def local_key(e: s.Local) -> Any:
    """The identity of a local name, because two methods may use one name for different values."""
    return (e.name, e.value)


def _closed(e: s.Expr, known: set[int]) -> bool:
    inside = list(walk(e, outside_calls))
    bound = {n.name.uid for n in inside if isinstance(n, s.Generator)}
    return all(n.uid in known | bound for n in inside if isinstance(n, s.Name))


def written(body: Iterable[s.Statement], volatile: Any) -> dict[str, None]:
    """The variables that statements write; `volatile(process)` are those lost in its crash."""
    found: dict[str, None] = {}
    for statement in body:
        match statement:
            case s.Assign(variable=v) | s.Send(variable=v) | s.Receive(variable=v):
                found[v.name] = None
            case s.Crash(process=process):
                found |= dict.fromkeys(volatile(process))
            case s.If(then=then, orelse=orelse):
                found |= written(then + orelse, volatile)
            case s.For(body=inner):
                found |= written(inner, volatile)
    return found


def lost_in_crash(variables: Iterable[Any], process: s.Expr) -> list[Any]:
    """The variables that a crash of a process resets."""
    return [
        v
        for v in variables
        if v.volatile and isinstance(v.type, MapType) and v.type.keys[0] == process.type
    ]
