"""Guards that belong to the instance, not to the protocol: counters kept within their sorts."""

from __future__ import annotations

from quorate.model.language.declare.queues import Packet
from quorate.model.language.declare.types import NatType, RecordType, SeqType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk


def is_bound(guard: c.Guard) -> bool:
    """Whether a guard only says that a number fits its sort, or that a message can be delivered.

    The former is `any(self.n < t for t in N)` or `any(t == self.n + 1 for t in N)`, where N is a
    sort of numbers. If such a guard is never false, the sort is large; that is no fact about the
    protocol.
    """
    if guard.delivery:
        return True
    match guard.condition:
        case c.Quant(
            forall=False,
            binders=(c.Binder(var=var, domain=c.OverType(type=NatType()), when=None),),
            body=body,
        ):
            return _reaches(body, var.name)
    return False


def keeps_links(guard: c.Guard) -> bool:
    """Whether a guard says, perhaps among other things, that a fifo link has room for a message."""
    return any(
        isinstance(part, c.Quant)
        and not part.forall
        and isinstance(part.binders[0].domain, c.OverType)
        and _reaches(part.body, part.binders[0].var.name)
        and any(isinstance(x, c.Len) and _is_queue(x.of) for x in walk(part.body))
        for part in walk(guard.condition)
    )


def _is_queue(e: c.Expr) -> bool:
    element = e.type.element if isinstance(e.type, SeqType) else None
    return isinstance(element, RecordType) and issubclass(element.record, Packet)


def _reaches(body: c.Expr, name: str) -> bool:
    match body:
        case c.Less(left=other, right=c.Var(name=bound)) if bound == name:
            return not _mentions(other, name)
        case c.LessEq(left=other, right=c.Var(name=bound)) if bound == name:
            return not _mentions(other, name)
        case c.Eq(left=c.Var(name=bound), right=other) if bound == name:
            return not _mentions(other, name)
        case c.Eq(left=other, right=c.Var(name=bound)) if bound == name:
            return not _mentions(other, name)
    return False


def _mentions(e: c.Expr, name: str) -> bool:
    return any(isinstance(part, c.Var) and part.name == name for part in walk(e))
