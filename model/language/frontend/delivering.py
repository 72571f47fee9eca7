"""What an action does by taking a message as a parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from quorate.model.language.declare.delivery import addressees
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import RecordType, in_flight
from quorate.model.language.ir import surface as s


def receiving(
    parameters: Sequence[s.Name], variables: Mapping[str, Variable]
) -> Iterator[s.Statement]:
    """The guards and effects of an action's parameters: before those of its body.

    A message is delivered to its addressee alone. Then it is in flight no more, unless the
    messages only grow.
    """
    for i, j, field in addressees([p.type for p in parameters]):
        message, process = parameters[i], parameters[j]
        named = s.Field(of=message, name=field, type=process.type, span=message.span)
        test = s.Compare(first=named, rest=(("==", process),), type=s.BOOL, span=message.span)
        yield s.Require(condition=test, delivery=True, span=message.span)
    for p in parameters:
        if (holder := _holder(p, variables)) is not None:
            yield s.Receive(variable=holder, message=p, span=p.span)


def _holder(p: s.Name, variables: Mapping[str, Variable]) -> Variable | None:
    """The network that a message parameter is received from, if it is gone with that."""
    record = p.type.record if isinstance(p.type, RecordType) else None
    gone = ((v, t) for v in variables.values() if (t := in_flight(v.type)) is not None)
    return next((v for v, t in gone if record in t.messages), None)
