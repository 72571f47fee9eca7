"""What the parameters of an action are, and to whom a message among them is delivered."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from .types import Message, RecordType, Type, type_of


def addressees(parameters: Sequence[Type]) -> Iterator[tuple[int, int, str]]:
    """Which parameter of an action is the addressee of which message that the action takes.

    Gives the positions of the message and of its addressee, and the field that names the latter:
    the first parameter of that field's type. It takes the step.
    """
    for i, t in enumerate(parameters):
        if not isinstance(t, RecordType) or not issubclass(t.record, Message) or not t.record.link:
            continue
        receiver = t.record.link[-1]
        for j, of in enumerate(parameters):
            if of == t.fields.get(receiver):
                yield i, j, receiver
                break


def parameter_types(method: Any) -> list[Type]:
    """The types of what an action or a predicate of a protocol takes, in order."""
    scope = method.__globals__
    closure = inspect.getclosurevars(method).nonlocals
    annotations = [p.annotation for p in list(inspect.signature(method).parameters.values())[1:]]
    return [
        type_of(eval(a, scope, dict(closure)) if isinstance(a, str) else a) for a in annotations
    ]
