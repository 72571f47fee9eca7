"""Reading an expression that somebody types: over the variables of a protocol, in no method."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Mapping
from typing import Any

from quorate.model.language.declare.protocol import Protocol, is_enum
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.declare.types import MessagesType, SortType
from quorate.model.language.diagnostics import Diagnostic, ModelError, Span, article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import NONE

from .classes import ClassReader
from .enabling import function_reader
from .expressions import ExpressionReader

TYPED = "<expression>"
"""The file name in the places of mistakes."""


def capture_expression(protocol: type[Protocol], text: str, names: Mapping[str, Any]) -> s.Expr:
    """An expression that reads `self` and these names. Raises ModelError with the first mistake."""
    linecache.cache[TYPED] = (len(text), None, text.splitlines(keepends=True), TYPED)
    functions = function_reader(protocol, ClassReader(protocol, []).read())
    reader = ExpressionReader(
        protocol=protocol,
        variables=functions.variables,
        defines=protocol.methods("define"),
        scope=names,
        file=TYPED,
        where=protocol.__name__,
        read_define=functions.define,
    )
    node = _parsed(text, protocol)
    found = reader.read(node)
    if isinstance(found.type, (s.ListType, MessagesType)) or found.type == NONE:
        reader.fail(
            "not-a-value",
            f"expected a value, found {article(found.type)}",
            node,
            "not kept in a state",
            "count it, `len(...)`, or take one field of each: `{m.field for m in ...}`",
        )
    return found


def _parsed(text: str, protocol: type[Protocol]) -> ast.expr:
    try:
        return ast.parse(text, TYPED, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line, column = 1, 0
        if isinstance(error, SyntaxError) and error.lineno and error.offset:
            line, column = error.lineno, max(0, error.offset - 1)
        said = getattr(error, "msg", None) or str(error) or "nested too deeply"
        span = Span(TYPED, line, column, line, column + 1)
        title = f"expected an expression: {said}"
        mistake = Diagnostic("not-an-expression", title, span, where=protocol.__name__)
        raise ModelError([mistake]) from None


def names_of(protocol: type[Protocol]) -> dict[str, Any]:
    """What the methods of a class may mention: its module's names, its sorts and messages."""
    found: dict[str, Any] = {}
    for base in reversed(protocol.__mro__):
        if issubclass(base, Protocol) and base is not Protocol:
            found |= vars(sys.modules[base.__module__])
    found |= protocol.sorts()
    for variable in protocol.variables().values():
        if isinstance(variable.type, MessagesType):
            found |= {record.__name__: record for record in variable.type.messages}
    return found


def element_names(protocol: type[Protocol], names: Mapping[str, Any]) -> dict[str, Any]:
    """The elements of sorts and enums, as traces name them. Use it inside the sizes.

    What already stands for something else among the names is left out.
    """
    sorts = [x for x in protocol.sorts().values() if issubclass(x, Sort)]
    found = {repr(x): x for sort in sorts for x in SortType(sort).values()}
    found |= {x.name: x for kind in names.values() if is_enum(kind) for x in kind}
    return {name: x for name, x in found.items() if name.isidentifier() and name not in names}
