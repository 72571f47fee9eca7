"""Checks of what a class says of its network, and message classes of who sends them to whom."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

from quorate.model.language.declare.annotations import NotAType
from quorate.model.language.declare.networks import Network
from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.types import (
    Message,
    MessagesType,
    Record,
    SortType,
)
from quorate.model.language.diagnostics import Diagnostic, article

from .source import annotation_span, class_span, keyword_span


def unannotated_networks(
    base: type[Protocol], variables: dict[str, Variable]
) -> Iterator[Diagnostic]:
    """An assignment without an annotation, `sent = at_most_once()`, declares nothing."""
    for name, value in vars(base).items():
        if isinstance(value, Network) and name not in inspect.get_annotations(base):
            held = variables[name].type if name in variables else "Messages[...]"
            yield Diagnostic(
                "unannotated",
                f"`{name}` has no type",
                annotation_span(base, name, "name"),
                "not a state variable without one",
                f"write `{name}: {held} = {value}`",
                base.__name__,
            )


def misplaced_network(protocol: type[Protocol], v: Variable) -> Diagnostic | None:
    """A network declared for a variable that holds no messages."""
    if not isinstance(v.initial, Network):
        return None
    return Diagnostic(
        "bad-network",
        f"`{v.name}` has a network, but holds no messages",
        annotation_span(v.owner, v.name, "value"),
        f"this is {article(v.type)}",
        f"only `Messages[...]` is declared `= {v.initial}`",
        protocol.__name__,
    )


def link_mistakes(variables: Iterable[Variable]) -> Iterator[Diagnostic]:
    """What is wrong with the links of the message classes."""
    for v in variables:
        if (t := fifo_of(v.type)) is not None:
            yield from _unlinked(v, t)
        for message in v.type.messages if isinstance(v.type, MessagesType) else ():
            if issubclass(message, Message) and message.link is not None:
                yield from _of_link(message, message.link)


def _unlinked(v: Variable, t: MessagesType) -> Iterator[Diagnostic]:
    """Message classes of a fifo network that travel on no link, or on links of other processes."""
    others: tuple[object, ...] = ()
    for message in t.messages:
        try:
            fields = message.field_types()
        except (NotAType, NameError):
            return
        link = message.link if issubclass(message, Message) else None
        ends = tuple(fields.get(name) for name in link or ())
        if link is None or not all(isinstance(e, SortType) for e in ends) or len(ends) != 2:
            if link is None:  # what else is wrong with it is reported by itself
                sorts = [n for n, e in fields.items() if isinstance(e, SortType)]
                yield Diagnostic(
                    "no-link",
                    f"{message.__name__} is sent in order, but has no link",
                    class_span(message),
                    "from whom to whom?",
                    f"write `class {message.__name__}(Message, link={tuple(sorts)!r})`"
                    if len(sorts) == 2
                    else "add the fields of who sends it and to whom, and name them: "
                    '`link=("source", "target")`',
                    message.__name__,
                )
            continue
        others = others or ends
        if ends != others:
            yield Diagnostic(
                "no-link",
                f"{message.__name__} travels from {ends[0]} to {ends[1]}, others of `{v.name}` "
                f"from {others[0]} to {others[1]}",
                annotation_span(v.owner, v.name),
                "links of other processes",
                f"declare a variable for each: `other: Messages[{message.__name__}] = {t.network}`",
                v.owner.__name__,
            )


def _of_link(message: type[Record], link: tuple[str, ...]) -> Iterator[Diagnostic]:
    try:
        fields = message.field_types()
    except (NotAType, NameError):
        return
    span = keyword_span(message, "link")
    sorts = [name for name, t in fields.items() if isinstance(t, SortType)]
    if len(link) != 2 or link[0] == link[1]:
        yield Diagnostic(
            "bad-link",
            f"the link of {message.__name__} is not a sender and a receiver",
            span,
            "two fields",
            f"write `link=({', '.join(map(repr, sorts[:2]))})`" if len(sorts) > 1 else "",
            message.__name__,
        )
        return
    for name in link:
        if name not in sorts:
            yield Diagnostic(
                "bad-link",
                f"the link of {message.__name__} names `{name}`, which is "
                + (article(fields[name]) if name in fields else "not a field"),
                span,
                "no process" if name in fields else "unknown field",
                f"its fields that hold elements of sorts are {', '.join(sorts) or 'none'}",
                message.__name__,
            )
