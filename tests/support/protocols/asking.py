"""One protocol on each network: a node asks the others, each answers once."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Sort,
    action,
    at_most_once,
    durable,
    fifo,
    invariant,
    leads_to,
    reachable,
    require,
)


class Node(Sort): ...


class Depth(Nat): ...


class Ask(Message, link=("a", "b")):
    a: Node
    b: Node


class Answer(Message, link=("a", "b")):
    a: Node
    b: Node


class Growing(Protocol):
    asked: Map[Node, Node, bool] = durable(False)
    answered: Map[Node, Node, bool] = durable(False)
    done: Map[Node, Node, bool] = durable(False)
    sent: Messages[Ask, Answer]

    @action(fair="weak")
    def ask(self, a: Node, b: Node) -> None:
        require(a != b and not self.asked[a, b])
        self.asked[a, b] = True
        self.sent.add(Ask(a, b))

    @action(fair="weak")
    def answer(self, b: Node, m: Ask) -> None:
        require(not self.answered[b, m.a])
        self.answered[b, m.a] = True
        self.sent.add(Answer(b, m.a))

    @action(fair="weak")
    def finish(self, a: Node, m: Answer) -> None:
        require(not self.done[a, m.a])
        self.done[a, m.a] = True

    @invariant
    def agreement(self) -> bool:
        return all(self.asked[a, b] for a in Node for b in Node if self.done[a, b])

    @reachable
    def some(self) -> bool:
        return any(self.done[a, b] for a in Node for b in Node)

    @leads_to
    def asked_is_done(self, a: Node, b: Node) -> tuple[bool, bool]:
        return self.asked[a, b], self.done[a, b]


class Once(Growing):
    sent: Messages[Ask, Answer] = at_most_once()


class Links(Growing):
    sent: Messages[Ask, Answer] = fifo(Depth)


class Mistaken(Growing):
    """Done is what another has asked."""

    @action
    def finish(self, a: Node, m: Answer) -> None:
        self.done[m.a, a] = True


class MistakenOnce(Mistaken):
    sent: Messages[Ask, Answer] = at_most_once()


class MistakenLinks(Mistaken):
    sent: Messages[Ask, Answer] = fifo(Depth)


def as_it_is(self: Growing) -> dict[str, object]:
    names = ("asked", "answered", "done", "sent")
    return {name: getattr(self, name) for name in names}


class Flag(Protocol):
    """Something that is raised at most once."""

    raised: bool = durable(False)

    @action
    def raise_it(self) -> None:
        require(not self.raised)
        self.raised = True


def asks_are_there(self: Growing) -> dict[str, object]:
    return {"raised": len(self.sent[Ask]) > 0}


def a_link_is_used(self: Links) -> dict[str, object]:
    return {"raised": any(len(self.sent[a, b]) > 0 for a in Node for b in Node)}


def somebody_asked(self: Growing) -> dict[str, object]:
    return {"raised": any(self.asked[a, b] for a in Node for b in Node)}
