"""Loops whose rounds could see or overwrite each other's writes.

The rounds of a loop read the state before the loop, and the elements of a sort have no order. A
loop whose outcome depends on the order of its rounds has a meaning in CPython only, so it is
refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.types import MapType, QuorumType, SetType
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.traverse import children, walk

from .reader import BaseReader


def check_loop(reader: BaseReader, loop: s.For) -> None:
    """Report the first read or write in a loop's body that depends on the order of the rounds.

    The local names in `reader.env` were bound before the loop: their reads are done.
    """
    inside = [
        node for statement in loop.body for node in walk(statement, partial(_read_now, reader.env))
    ]
    writes = [node for node in inside if isinstance(node, s.Assign)]
    for write in _unchosen(loop, loop.body):
        _check_write(reader, loop, write, writes)
    for node in inside:
        if isinstance(node, s.StateRead):
            same = [w for w in writes if w.variable.name == node.variable.name]
            if all(_own_cell(loop, w) and w.keys == node.keys for w in same):
                continue
            help = _kept(loop, node)
            _seen_by_later_rounds(reader, node.span, node.variable.name, same[0].span, help)
    for statement in inside:
        if isinstance(statement, s.Send | s.Drop) and fifo_of(statement.variable.type):
            _check_link(reader, loop, statement)
    sends = {(n.variable.name, n.message.type): n.span for n in inside if isinstance(n, s.Send)}
    for name, t, span in _asked(inside):
        if (name, t) in sends:
            _seen_by_later_rounds(reader, span, name, sends[name, t])


def _read_now(env: Mapping[str, s.Expr], node: Any) -> Iterable[Any]:
    """The parts of a node, except what was evaluated before.

    That are the values of local names that were bound before the loop, and of variables that were
    written before: in an earlier statement of the loop, which is checked where it stands.
    """
    before = (isinstance(node, s.Local) and env.get(node.name) is node.value) or (
        isinstance(node, s.Declared) and node.written
    )
    return () if before else children(node)


def _unchosen(loop: s.For, body: tuple[s.Statement, ...]) -> Iterator[s.Assign]:
    """The writes that every round makes.

    A write inside `if is_the_one(x):` is for one chosen element, and is allowed. Whether two could
    be chosen is not known here.
    """
    for statement in body:
        match statement:
            case s.Assign():
                yield statement
            case s.If(test=test, then=then, orelse=orelse) if not _mentions(loop, test):
                yield from _unchosen(loop, then + orelse)
            case s.For(body=inner):
                yield from _unchosen(loop, inner)


def _check_write(reader: BaseReader, loop: s.For, write: s.Assign, writes: list[s.Assign]) -> None:
    same = [w for w in writes if w.variable.name == write.variable.name]
    if _own_cell(loop, write) and all(w.keys == write.keys for w in same):
        return
    name = loop.generator.name
    if not _mentions(loop, write.value) and all(w.value == write.value for w in same):
        return
    reader.fail(
        "order-dependent",
        f"what `self.{write.variable.name}` holds after the loop depends on its order",
        write.span,
        f"the last `{name.name}` wins",
        f"write a cell of its own in each round, keyed by `{name.name}`; or say which one is "
        f"meant: a parameter that `require` constrains, or `if ... {name.name} ...:`",
    )


def _check_link(reader: BaseReader, loop: s.For, x: s.Send | s.Drop) -> None:
    """Each round has links of its own: so what is in a queue afterwards is known."""
    ends: tuple[s.Expr, ...]
    if isinstance(x, s.Drop):
        ends = x.ends
    elif isinstance(x.message, s.New):
        args = dict(zip(x.message.record.field_types(), x.message.args, strict=True))
        ends = tuple(args[name] for name in x.message.record.link)  # type: ignore[attr-defined]
    else:
        ends = ()
    name = loop.generator.name
    if not _distinct(loop) or name not in ends:
        reader.fail(
            "order-dependent",
            f"what a link of `self.{x.variable.name}` holds after the loop depends on its order",
            x.span,
            "rounds may share a link",
            f"let each round have a link of its own: from or to `{name.name}`, in a loop over a "
            "sort, a quorum or a set",
        )


def _mentions(loop: s.For, e: s.Expr) -> bool:
    uid = loop.generator.name.uid
    return any(isinstance(node, s.Name) and node.uid == uid for node in walk(e))


def _own_cell(loop: s.For, write: s.Assign) -> bool:
    """Whether each round writes a cell of its own: one keyed by the element."""
    return _distinct(loop) and loop.generator.name in write.keys


def _distinct(loop: s.For) -> bool:
    """Whether a loop has no element twice."""
    over = loop.generator.iterable
    return isinstance(over, (s.SortRange, s.NumberRange)) or isinstance(
        over.type, (SetType, QuorumType)
    )


def _kept(loop: s.For, read: s.StateRead) -> str:
    """How to read it before the loop: the value, or a map of all values that rounds may need."""
    text, t = read.span.text(), read.variable.type
    inside = {n.name.uid for n in walk(loop) if isinstance(n, s.Generator)}
    names = [n for n in walk(read) if isinstance(n, s.Name)]
    if text.startswith("self.") and not any(n.uid in inside for n in names):
        return f": `old = {text}`"
    if isinstance(t, MapType) and len(t.keys) == 1:
        cells = f"{{x: self.{read.variable.name}[x] for x in {t.keys[0]}}}"
        return f": `old = {cells}`, and here `old[...]`"
    return ""


def _seen_by_later_rounds(
    reader: BaseReader, span: Span, name: str, wrote: Span, help: str = ""
) -> None:
    reader.fail(
        "order-dependent",
        f"`self.{name}` is read in a loop that writes it",
        span,
        "an earlier round may have written this",
        f"read it before the loop{help}",
        ((wrote, "written here"),),
    )


def _asked(inside: list[Any]) -> Iterator[tuple[str, Any, Span]]:
    """The reads of messages: the variable, their type, the place."""
    for node in inside:
        if isinstance(node, s.SentMessages) and node.record is not None:
            assert isinstance(node.type, s.ListType)
            yield node.variable.name, node.type.element, node.span
        elif isinstance(node, s.Compare):
            left = node.first
            for _, right in node.rest:
                if isinstance(right, s.SentMessages) and right.record is None:
                    yield right.variable.name, left.type, node.span
                left = right
