"""Reading `enabled(self.action, a, b)`: the guards of the action, as one condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.declare.types import MessagesType, RecordType
from quorate.model.language.diagnostics import Diagnostic, ModelError
from quorate.model.language.ir import surface as s

from .delivering import receiving
from .functions import FunctionReader
from .source import function_source
from .statements import Body


def function_reader(protocol: type[Protocol], variables: Mapping[str, Variable]) -> FunctionReader:
    """A reader of the functions of a protocol, which may ask whether its actions are enabled."""
    return FunctionReader(protocol, variables, read_guards)


def read_guards(
    functions: FunctionReader, name: str, calling: tuple[str, ...]
) -> tuple[tuple[s.Name, ...], s.Expr]:
    """The parameters of an action, and the conjunction of its guards. Raises ModelError."""
    function = functions.protocol.methods("action")[name]
    node, _ = function_source(function)
    reader = functions.reading(function, (*calling, name))
    parameters = functions.parameters(node, reader)
    mistakes: list[Diagnostic] = []
    statements = Body(functions, reader, functions.method_of(function), mistakes).block(node.body)
    if mistakes:
        raise ModelError(mistakes)
    received = receiving(parameters, functions.variables)
    required = [x.condition for x in (*received, *statements) if isinstance(x, s.Require)]
    conditions = [*_delivered(functions, parameters), *required]
    if not conditions:
        return parameters, s.Constant(value=True, type=s.BOOL)
    if len(conditions) == 1:
        return parameters, conditions[0]
    return parameters, s.Boolean(op="and", args=tuple(conditions), type=s.BOOL)


def _delivered(functions: FunctionReader, parameters: Sequence[s.Name]) -> Iterator[s.Expr]:
    """That each message among the parameters can be received."""
    for p in parameters:
        record = p.type.record if isinstance(p.type, RecordType) else None
        for v in functions.variables.values():
            if isinstance(v.type, MessagesType) and record in v.type.messages:
                held = s.SentMessages(variable=v, record=None, type=v.type, span=p.span)
                yield s.Compare(first=p, rest=(("in", held),), type=s.BOOL, span=p.span)
