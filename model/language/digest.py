"""A hash of what a description means, for caches and reports.

It is the same in every process and on every machine: it depends on no address, source position
or set order. Reformatting a model does not change it; changing a guard, type or quorum does.
"""

from __future__ import annotations

import ast
import enum
import hashlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from quorate.model.language.declare.protocol import LARGEST_SIZE, Variable
from quorate.model.language.declare.quorums import QuorumSystem, Weighted, is_kind
from quorate.model.language.declare.sorts import Int, Nat, Ordered, Sort
from quorate.model.language.declare.structures import Predicate
from quorate.model.language.declare.types import EnumType, Message, MessagesType, Record, RecordType
from quorate.model.language.frontend.predicates import predicate
from quorate.model.language.frontend.source import function_source

from .diagnostics import ModelError, SizeError
from .ir import core as c

LISTED_UP_TO = 5  # elements for which the quorums of a system are compared one by one


def digest(description: c.Description) -> str:
    """A hash of what a description means: equal for equal core IR, however it is formatted."""
    protocol = description.protocol
    parts = (
        description.name,
        tuple(sort_meaning(t) for t in protocol.sorts().values()),
        description.variables,
        description.inits,
        description.actions,
        description.properties,
        dict(protocol.faults),
        *((description.finals,) if description.finals else ()),
    )
    return hashlib.sha256(stable_text(parts).encode()).hexdigest()[:16]


def stable_text(value: Any) -> str:
    """A value as text that depends on the value alone."""
    if isinstance(value, Sort):
        return f"{type(value).__name__}#{value.index}"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, EnumType):
        return f"enum {value}({' '.join(m.name for m in value.enum)})"
    if isinstance(value, RecordType):
        return f"record {stable_text(value.record)}"
    if isinstance(value, Variable):
        return stable_text(("variable", value.name, value.type, value.initial, value.volatile))
    if isinstance(value, type):
        return _class(value)
    if isinstance(value, Record):
        return f"{type(value).__name__}({', '.join(map(stable_text, value))})"
    if isinstance(value, MessagesType) and value.network is None:
        return f"MessagesType(messages={stable_text(value.messages)})"
    if is_dataclass(value):
        inner = (
            f"{f.name}={stable_text(getattr(value, f.name))}" for f in fields(value) if f.compare
        )
        return f"{type(value).__name__}({', '.join(inner)})"
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(sorted(f"{stable_text(k)}: {stable_text(v)}" for k, v in value.items()))
            + "}"
        )
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(stable_text, value))) + "}"
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(map(stable_text, value)) + ")"
    return repr(value)


def _class(cls: type) -> str:
    """A class as text: its name and what defines it, such as the fields of a record."""
    if issubclass(cls, Int):
        return f"{cls.__name__}({cls.low}..{cls.high})"
    if not issubclass(cls, Record):
        return cls.__name__
    key = cls.key if issubclass(cls, Message) else None
    inner = ", ".join(f"{n}: {stable_text(t)}" for n, t in cls.field_types().items())
    return f"{cls.__name__}({inner}; {key})"


def sort_meaning(sort: type) -> tuple[Any, ...]:
    """What tells a sort, number range or quorum system from others, for `stable_text`."""
    if issubclass(sort, QuorumSystem):
        return ("quorum", sort.__name__, sort.of, sort.meets, *_quorums(sort))
    if issubclass(sort, Nat):
        return ("nat", sort.__name__)
    assert issubclass(sort, Sort)
    bottom = sort.bottom if issubclass(sort, Ordered) else None
    ordered = issubclass(sort, Ordered)
    return ("sort", sort.__name__, ordered, bottom, sort.short, sort.first, sort.size)


def _quorums(system: type[QuorumSystem[Any]]) -> Iterator[Any]:
    """Which sets are quorums, as the system says for each number of elements."""
    for name in (*system.keywords, *system.optional):
        value = getattr(system, name, None)
        function = callable(value) and not isinstance(value, type)
        yield name, _at_every_size(value) if function else _given(value)
    if issubclass(system, Weighted):
        yield _answer(system.votes, len(system.weights))
    if (least := getattr(system, "least", None)) is not None:
        yield _at_every_size(least)
    if issubclass(system, Predicate):
        yield predicate(system).body  # and the constants and helpers that it mentions
    yield tuple(_answer(lambda k: sorted(system.subsets(k)), n) for n in range(1, LISTED_UP_TO + 1))
    for base in system.__mro__:
        if is_kind(base) or not issubclass(base, QuorumSystem):
            continue
        for name, value in sorted(vars(base).items()):
            function = getattr(value, "__func__", value)
            declared = name in (*system.keywords, *system.optional)
            if inspect.isfunction(function) and not declared and not is_kind(function):
                yield name, _syntax(function)


def _given(value: Any) -> Any:
    """The value of a keyword; of systems that are joined, what each of them says."""
    parts = value if isinstance(value, tuple) else ()
    if parts and all(isinstance(x, type) and issubclass(x, QuorumSystem) for x in parts):
        return tuple((x.__name__, *_quorums(x)) for x in parts)
    return value


def _at_every_size(function: Any) -> Any:
    return tuple(_answer(function, n) for n in range(1, LARGEST_SIZE + 1))


def _answer(ask: Any, n: int) -> Any:
    try:
        return ask(n)
    except (SizeError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        return type(error).__name__


def _syntax(function: Any) -> str:
    """A method's source without formatting, comments and docstring."""
    try:
        node, _ = function_source(function)
    except ModelError:
        return str(function.__code__.co_code.hex())
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return ast.dump(ast.Module([*body], [])) + ast.dump(node.args)
