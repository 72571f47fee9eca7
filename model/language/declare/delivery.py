"""To whom a message is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .types import Message, RecordType, Type


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
