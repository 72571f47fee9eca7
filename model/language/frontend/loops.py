"""Loops whose rounds could see or overwrite each other's writes.

The engines read the rounds of a loop in the state before it, and make one statement's writes in
all rounds before the next statement's. A loop of which CPython's rounds, one after the other, may
make something else is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.types import MapType, QuorumType, SeqType, SetType
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.traverse import children, walk

from .earlier import written
from .reader import BaseReader


def check_loop(reader: BaseReader, loop: s.For) -> None:
    """Report the first read or write in a loop's body that depends on the order of the rounds.

    The local names in `reader.env` were bound before the loop: their reads are done.
    """
    inside = [
        node for statement in loop.body for node in walk(statement, partial(_read_now, reader.env))
    ]
    writes = [node for node in inside if isinstance(node, s.Assign)]
    unchosen = list(_unchosen(loop, loop.body))
    for write in writes:
        same = [w for w in writes if w.variable.name == write.variable.name]
        if write in unchosen or len(same) > 1 or not _in_order(loop.generator.iterable):
            _check_write(reader, loop, write, same)
    _check_crashes(reader, loop, inside)
    for node in inside:
        if isinstance(node, s.StateRead):
            same = [w for w in writes if w.variable.name == node.variable.name]
            if all(_own_cell(loop, w) and w.keys == node.keys for w in same):
                continue
            help = _kept(loop, node)
            _seen_by_later_rounds(reader, node.span, node.variable.name, same[0].span, help)
    _check_links(reader, loop, inside)
    _check_flights(reader, inside)
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


def _check_write(reader: BaseReader, loop: s.For, write: s.Assign, same: list[s.Assign]) -> None:
    """Report a write that one of another round, among those of the same variable, may undo."""
    if _own_cell(loop, write) and all(w.keys == write.keys for w in same):
        return
    if _one_value(loop, write) and all(w.value == write.value for w in same):
        return
    name, choose = loop.generator.name, ""
    if len(same) == 1 and _in_order(loop.generator.iterable):
        choose = f", or `if ... {name.name} ...:`"
    reader.fail(
        "order-dependent",
        f"what `self.{write.variable.name}` holds after the loop depends on its order",
        write.span,
        f"the last `{name.name}` wins",
        f"write a cell of its own in each round, keyed by `{name.name}`; or say which one is "
        f"meant: a parameter that `require` constrains{choose}",
    )


def _check_crashes(reader: BaseReader, loop: s.For, inside: list[Any]) -> None:
    """What a crash loses is written and read by the round of its process alone."""
    name = loop.generator.name
    crashes = [n for n in inside if isinstance(n, s.Crash)]
    for node in inside:
        if not isinstance(node, s.Assign | s.StateRead):
            continue
        lost = [x for x in crashes if written([x], node.variable)]
        own = _distinct(loop) and node.keys[:1] == (name,)
        if all(own and x.process == name for x in lost):
            continue
        if isinstance(node, s.StateRead):
            _seen_by_later_rounds(reader, node.span, node.variable.name, lost[0].span)
        reader.fail(
            "order-dependent",
            f"what `self.{node.variable.name}` holds after the loop depends on its order",
            node.span,
            "a crash in another round may lose this",
            f"crash `{name.name}` in a loop of its own",
            ((lost[0].span, "lost here"),),
        )


def _check_flights(reader: BaseReader, inside: list[Any]) -> None:
    """No round takes away what another may send."""
    taken = [n for n in inside if isinstance(n, s.Receive)]
    for send in (n for n in inside if isinstance(n, s.Send)):
        for x in taken:
            if (x.variable.name, x.message.type) == (send.variable.name, send.message.type):
                reader.fail(
                    "order-dependent",
                    "what is in flight after the loop depends on its order",
                    send.span,
                    "another round may discard this",
                    "discard in a loop of its own, above this one; let both go over "
                    f"`old = self.{send.variable.name}[{send.message.type}]`",
                    ((x.span, "discarded here"),),
                )


def _check_links(reader: BaseReader, loop: s.For, inside: list[Any]) -> None:
    """Each round has links of its own: so what is in a queue afterwards is known.

    They are those from its element in all statements, or those to it in all.
    """
    changes = [
        n for n in inside if isinstance(n, s.Send | s.Drop) and fifo_of(n.variable.type) is not None
    ]
    name = loop.generator.name
    for x in changes:
        links = [_link(y) for y in changes if y.variable.name == x.variable.name]
        if not _distinct(loop) or not any(
            {ends[i : i + 1] for ends in links} == {(name,)} for i in (0, 1)
        ):
            reader.fail(
                "order-dependent",
                f"what a link of `self.{x.variable.name}` holds after the loop depends on its "
                "order",
                x.span,
                "rounds may share a link",
                f"let each round have a link of its own: from or to `{name.name}`, in a loop over "
                "a sort, a quorum or a set",
            )


def _link(x: s.Send | s.Drop) -> tuple[s.Expr, ...]:
    """The ends of the link that a statement changes, if it names them."""
    if isinstance(x, s.Drop):
        return x.ends
    if not isinstance(x.message, s.New):
        return ()
    args = dict(zip(x.message.record.field_types(), x.message.args, strict=True))
    return tuple(args[name] for name in x.message.record.link)  # type: ignore[attr-defined]


def _mentions(loop: s.For, e: s.Expr) -> bool:
    uid = loop.generator.name.uid
    return any(isinstance(node, s.Name) and node.uid == uid for node in walk(e))


def _one_value(loop: s.For, write: s.Assign) -> bool:
    """Whether all rounds write one value, or one to each cell.

    In a loop without order that is so unless the value has an element of this loop, or one of a
    loop inside it that the cell is not keyed by.
    """
    if _mentions(loop, write.value):
        return False
    if _in_order(loop.generator.iterable):
        return True
    inner = {n.generator.name.uid for n in walk(loop) if isinstance(n, s.For)}
    names = [n for n in walk(write.value) if isinstance(n, s.Name)]
    return all(n in write.keys for n in names if n.uid in inner)


def _in_order(over: s.Expr) -> bool:
    """Whether CPython and the engines go over the elements in the same order."""
    while isinstance(over, s.Local | s.Declared):
        over = over.value if isinstance(over, s.Local) else over.of
    if isinstance(over, s.Comprehension) and over.kind == "list":
        return all(_in_order(g.iterable) for g in over.generators)
    return isinstance(over, (s.SortRange, s.NumberRange)) or isinstance(over.type, SeqType)


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
