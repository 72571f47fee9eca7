"""Fifo networks in the core IR: maps from links to sequences of packets."""

from __future__ import annotations

from dataclasses import dataclass, field

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.queues import ends_of, packet_of, queue_type
from quorate.model.language.declare.types import (
    MessagesType,
    OptionType,
    Record,
    RecordType,
    SeqType,
)
from quorate.model.language.diagnostics import Span

from . import core as c
from .build import conjunction, negation
from .relations import NUMBER
from .traverse import substituted

Link = tuple[c.Expr, c.Expr]


@dataclass(frozen=True)
class Under:
    """Where a statement stands: the tests and loops around it, and its place."""

    when: c.Expr
    binders: tuple[c.Binder, ...]
    span: Span


def link_of(message: c.Expr) -> Link:
    """Who sends a message, and to whom."""
    assert isinstance(message.type, RecordType)
    record, (sender, receiver) = message.type.record, message.type.record.link  # type: ignore[attr-defined]
    if isinstance(message, c.MakeRecord):
        args = dict(zip(record.field_types(), message.args, strict=True))
        return args[sender], args[receiver]
    types = record.field_types()
    return (
        c.Field(of=message, name=sender, type=types[sender], span=message.span),
        c.Field(of=message, name=receiver, type=types[receiver], span=message.span),
    )


def queue(variable: Variable, link: Link) -> c.Expr:
    """What is in flight on a link."""
    assert isinstance(variable.type, MessagesType)
    span = link[0].span
    return c.Read(variable=variable.name, keys=link, type=queue_type(variable.type), span=span)


def packed(variable: Variable, message: c.Expr) -> c.Expr:
    """A message as a packet of its network."""
    assert isinstance(variable.type, MessagesType) and isinstance(message.type, RecordType)
    packet = packet_of(variable.type.messages)
    args = []
    for kind in variable.type.messages:
        t = OptionType(RecordType(kind))
        here = kind is message.type.record
        args.append(c.Some(of=message, type=t) if here else c.Lit(value=None, type=t))
    return c.MakeRecord(record=packet, args=tuple(args), type=RecordType(packet), span=message.span)


def in_queue(variable: Variable, message: c.Expr) -> c.Expr:
    """Whether a message is in flight."""
    of = queue(variable, link_of(message))
    return c.Member(item=packed(variable, message), of=of, type=c.BOOL, span=message.span)


def is_next(variable: Variable, message: c.Expr) -> c.Expr:
    """Whether a message is the first on its link."""
    of = queue(variable, link_of(message))
    assert isinstance(of.type, SeqType)
    zero = c.Lit(value=0, type=NUMBER)
    some = c.Less(left=zero, right=c.Len(of=of, type=NUMBER), type=c.BOOL)
    first = c.At(of=of, index=zero, type=of.type.element)
    return conjunction([some, c.Eq(left=first, right=packed(variable, message), type=c.BOOL)])


def flying(
    variable: Variable, record: type[Record], ends: tuple[c.Var, c.Var], packet: c.Var
) -> tuple[tuple[c.Binder, ...], c.Expr, c.Expr]:
    """Binders over all packets in flight, that one holds a message of a class, and the message."""
    assert isinstance(variable.type, MessagesType)
    t = OptionType(RecordType(record))
    of = c.Field(of=packet, name=record.__name__, type=t, span=packet.span)
    none = c.Lit(value=None, type=t, span=packet.span)
    held = negation(c.Eq(left=of, right=none, type=c.BOOL, span=packet.span))
    over = [c.Binder(var=v, domain=c.OverType(type=v.type)) for v in ends]
    inside = c.OverMembers(of=queue(variable, ends))
    binders = (*over, c.Binder(var=packet, domain=inside))
    return binders, held, c.Unwrap(of=of, type=RecordType(record), span=packet.span)


def well_formed(variable: Variable) -> c.Expr:
    """That each packet holds one message, which is of the link that it travels on.

    So it is in every state that a run reaches; a proof by induction asks about others, too.
    """
    assert isinstance(variable.type, MessagesType)
    ends = ends_of(variable.type)
    a, b = c.Var(name="a", type=ends[0]), c.Var(name="b", type=ends[1])
    packet = c.Var(name="p", type=queue_type(variable.type).element)
    classes = variable.type.messages
    binders, _, _ = flying(variable, classes[0], (a, b), packet)
    present = {m: flying(variable, m, (a, b), packet)[1:] for m in classes}
    cases = []
    for kind in classes:
        held, message = present[kind]
        others = [negation(present[m][0]) for m in classes if m is not kind]
        pairs = zip(link_of(message), (a, b), strict=True)
        link = [c.Eq(left=x, right=y, type=c.BOOL) for x, y in pairs]
        cases.append(conjunction([held, *others, *link]))
    body = cases[0] if len(cases) == 1 else c.Or(args=tuple(cases), type=c.BOOL)
    return c.Quant(forall=True, binders=binders, body=body, type=c.BOOL)


@dataclass
class QueueEffects:
    """The writes that an action's deliveries, sendings and losses are, one after the other.

    A write says what a link holds afterwards. So each is told what the earlier ones of the same
    step left there: `loops.py` sees to it that the rounds of a loop write a link of their own.
    """

    variable: Variable
    writes: list[c.Write] = field(default_factory=list)

    def receive(self, message: c.Expr, under: Under) -> c.Write:
        """The message that was the first on its link is in flight no more.

        Two parameters may stand for one message, which leaves once. So what is left is told of the
        link as it was: messages are received before anything is sent or lost.
        """
        link = link_of(message)
        one, before = c.Lit(value=1, type=NUMBER, span=under.span), queue(self.variable, link)
        rest = c.Suffix(of=before, count=one, type=before.type, span=under.span)
        return self._put(link, rest, under)

    def send(self, message: c.Expr, under: Under) -> c.Write:
        """A message joins its link as the last."""
        link = link_of(message)
        now = self.now(link)
        last = c.MakeSeq(items=(packed(self.variable, message),), type=now.type, span=under.span)
        longer = c.Concat(left=now, right=last, type=now.type, span=under.span)
        return self._put(link, longer, under)

    def drop(self, link: Link, kept: c.Expr | None, under: Under) -> c.Write:
        """All that is in flight on a link is lost, but for the first `kept` messages."""
        now = self.now(link)
        if kept is None:
            rest: c.Expr = c.MakeSeq(items=(), type=now.type, span=under.span)
        else:
            rest = c.Prefix(of=now, count=kept, type=now.type, span=under.span)
        return self._put(link, rest, under)

    def _put(self, link: Link, value: c.Expr, under: Under) -> c.Write:
        write = c.Write(
            variable=self.variable.name,
            keys=link,
            value=value,
            when=under.when,
            binders=under.binders,
            span=under.span,
        )
        self.writes.append(write)
        return write

    def now(self, link: Link) -> c.Expr:
        """What a link holds after the writes so far."""
        found = queue(self.variable, link)
        for w in self.writes:
            put: dict[str, c.Expr] = {}
            tests: list[c.Expr] = []
            for key, asked in zip(w.keys, link, strict=True):
                if isinstance(key, c.Var) and any(b.var.name == key.name for b in w.binders):
                    put[key.name] = asked
                elif key != asked:
                    tests.append(c.Eq(left=key, right=asked, type=c.BOOL, span=key.span))
            for b in w.binders:
                if isinstance(b.domain, c.OverMembers):
                    of = substituted(b.domain.of, put)
                    tests.append(c.Member(item=put[b.var.name], of=of, type=c.BOOL, span=w.span))
            here = conjunction([*tests, w.when])
            found = c.Ite(
                test=substituted(here, put),
                then=substituted(w.value, put),
                orelse=found,
                type=found.type,
                span=w.span,
            )
        return found
