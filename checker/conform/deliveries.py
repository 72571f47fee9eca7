"""What of a guard is the network's: that some message was sent, which the step then answers.

Without that message nothing is delivered to a process, and there is nothing to try. Whatever else
a guard says is for the process to decide.
"""

from __future__ import annotations

from dataclasses import replace

from quorate.checker.explore.bounds import is_bound
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE, conjunction, disjunction
from quorate.model.language.ir.traverse import walk


def delivery(guard: c.Expr) -> c.Expr:
    """The part of a guard that says that messages were sent; TRUE if no part does.

    It is implied by the guard. Of a conjunction each member counts for itself; so it does in
    `any(m.b == b and m.b > self.promised[a] for m in self.sent[Prepare])`, where the comparison
    with its own state is the process's. That *all* of some messages were sent is no delivery: the
    process has to count them itself.
    """
    match guard:
        case c.Sent():
            return guard
        case c.And():
            return _same(guard, conjunction(map(delivery, guard.args)))
        case c.Or():
            return _same(guard, disjunction(map(delivery, guard.args)))
        case c.Quant(forall=False):
            sent = any(isinstance(b.domain, c.OverSent) for b in guard.binders)
            body = _of_messages(guard.body) if sent else delivery(guard.body)
            return TRUE if body == TRUE and not sent else replace(guard, body=body)
    return TRUE


def is_delivery(guard: c.Expr) -> bool:
    """Whether a guard says nothing but that messages were sent."""
    return guard != TRUE and delivery(guard) == guard


def deliveries_alone(action: c.Action) -> c.Action:
    """An action whose guards say no more than that messages were sent, and which does nothing.

    Or to whom one is delivered, or that a counter has not come to the end of its range, or a link
    not to its length: these are the model's bounds, and nothing that a process decides. What is
    beyond them the model has no answer to, so it is not tried.
    """
    guards = tuple(
        g if g.delivery or is_end(g) else replace(g, condition=delivery(g.condition))
        for g in action.guards
    )
    return replace(action, guards=guards, effects=())


def is_end(guard: c.Guard) -> bool:
    """Whether a guard only says that a counter, or a link, is not at the end of its range."""
    each = guard.condition
    while isinstance(each, c.Quant) and each.forall:  # for all of some processes, or links
        each = each.body
    return is_bound(replace(guard, condition=each))


def _of_messages(body: c.Expr) -> c.Expr:
    """The members of a conjunction that do not read the state of a process."""
    if isinstance(body, c.And):
        return _same(body, conjunction(map(_of_messages, body.args)))
    return TRUE if any(isinstance(n, c.Read) for n in walk(body)) else body


def _same(whole: c.And | c.Or, part: c.Expr) -> c.Expr:
    """The whole as it was written, if the part has all of it."""
    return whole if isinstance(part, type(whole)) and part.args == whole.args else part
