"""Numbers, records and truth values that may be None, and records in messages, in their order."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Record,
    action,
    durable,
    invariant,
    require,
)


# fmt: off
class Node(Ordered): ...
class Number(Nat): ...
# fmt: on


class Bid(Record, order=True):
    n: Number
    who: Node


class Offer(Message):
    bid: Bid


class Report(Message, key="who"):
    who: Node
    last: Number | None
    best: Bid | None


class Auction(Protocol):
    """Each node remembers the best bid that it has heard of, if any, and reports it once."""

    best: Map[Node, Bid | None] = durable(None)
    seen: Map[Node, Number | None] = durable(None)
    content: Map[Node, bool | None] = durable(None)
    idle: Map[Node, bool] = durable(False)
    sent: Messages[Offer, Report]

    @action
    def offer(self, p: Node, n: Number) -> None:
        require(n > 0)
        self.sent.add(Offer(Bid(n, p)))

    @action
    def hear(self, p: Node, m: Offer) -> None:
        best = self.best[p]
        require(best is None or best < m.bid)
        self.best[p] = m.bid
        self.seen[p] = m.bid.n
        self.content[p] = p == m.bid.who

    @action
    def forget(self, p: Node, old: Number | None) -> None:
        require(self.seen[p] == old and old is not None)
        self.best[p] = None
        self.seen[p] = None
        self.content[p] = None

    @action
    def report(self, p: Node) -> None:
        require(not any(m.who == p for m in self.sent[Report]))
        self.sent.add(Report(p, self.seen[p], self.best[p]))
        self.idle[p] = self.best[p] is None

    # True in every state.

    @invariant
    def all_or_nothing(self) -> bool:
        return all(
            (self.seen[p] is None) == (self.best[p] is None)
            and (self.content[p] is None) == (self.best[p] is None)
            for p in Node
        )

    @invariant
    def numbers_are_those_of_bids(self) -> bool:
        return all(self.best[p] is None or self.seen[p] == self.best[p].n for p in Node)

    @invariant
    def whoever_is_content_bids_best(self) -> bool:
        return all(self.best[p] is None or self.content[p] == (self.best[p].who == p) for p in Node)

    @invariant
    def bids_were_offered(self) -> bool:
        return all(self.best[p] is None or Offer(self.best[p]) in self.sent for p in Node)

    @invariant
    def offers_are_positive(self) -> bool:
        return all(m.bid.n > 0 for m in self.sent[Offer])

    @invariant
    def nothing_is_seen_of_zero(self) -> bool:
        return all(self.seen[p] is None or self.seen[p] not in {0} for p in Node)

    @invariant
    def reports_are_of_offers(self) -> bool:
        return all(
            m.best is None or any(k.bid == m.best and k.bid.n == m.last for k in self.sent[Offer])
            for m in self.sent[Report]
        )

    @invariant
    def the_idle_said_so(self) -> bool:
        return all(Report(p, None, None) in self.sent for p in Node if self.idle[p])

    # False in some state.

    @invariant
    def something_is_seen(self) -> bool:
        return all(self.seen[p] is not None for p in Node if not self.idle[p])

    @invariant
    def none_is_false(self) -> bool:
        return all(self.content[p] == False for p in Node if self.best[p] is None)  # noqa: E712

    @invariant
    def first_fields_decide(self) -> bool:
        return all(m.bid <= k.bid for m in self.sent[Offer] for k in self.sent[Offer])

    @invariant
    def reports_are_in_order(self) -> bool:
        return all(
            m.best is None or k.best is None or m.best <= k.best
            for m in self.sent[Report]
            for k in self.sent[Report]
            if m.who < k.who
        )

    @invariant
    def what_is_reported_is_alike(self) -> bool:
        return all(m.last == k.last for m in self.sent[Report] for k in self.sent[Report])

    @invariant
    def reports_say_something(self) -> bool:
        return all(m.last is not None for m in self.sent[Report])


NAMES = list(Auction.methods("invariant"))
FIRST_FALSE = NAMES.index("something_is_seen")
TRUE, FALSE = NAMES[:FIRST_FALSE], NAMES[FIRST_FALSE:]
