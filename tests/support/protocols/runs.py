"""Small protocols that say something about their runs."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Sort,
    action,
    always_eventually,
    define,
    durable,
    eventually,
    eventually_always,
    final,
    invariant,
    leads_to,
    require,
    step_property,
)


class Proc(Sort): ...


class Lock(Sort): ...


class Turn(Nat): ...


class Ping(Message, key=("p",)):
    p: Proc
    n: Turn


class Fork(Protocol):
    """A lock that each process wants again and again; who gets it is chosen anew each time."""

    owner: Proc | None = durable(None)
    served: Map[Proc, bool] = durable(False)

    @action(fair="weak", fair_for="p")
    def take(self, p: Proc) -> None:
        require(self.owner is None)
        self.owner = p

    @action(fair="weak")
    def put(self, p: Proc) -> None:
        require(self.owner == p)
        self.owner = None
        self.served[p] = True

    @define
    def free(self) -> bool:
        return self.owner is None

    @eventually
    def somebody_is_served(self) -> bool:
        return any(self.served[p] for p in Proc)

    @eventually
    def all_are_served(self, p: Proc) -> bool:
        return self.served[p]

    @always_eventually
    def it_gets_free(self) -> bool:
        return self.free()

    @eventually_always
    def it_stays_free(self) -> bool:
        return self.free()

    @leads_to
    def it_is_put_back(self, p: Proc) -> tuple[bool, bool]:
        return self.owner == p, self.free()

    @step_property
    def it_changes_hands_when_free(self, old: Fork, p: Proc) -> bool:
        return old.free() or self.free() or old.owner != p or self.owner == p

    @step_property
    def it_is_never_put_back(self, old: Fork) -> bool:
        return not self.free()


class StronglyFair(Fork):
    """The same, but everybody who can take the lock again and again gets it."""

    @action(fair="strong", fair_for="p")
    def take(self, p: Proc) -> None:
        super().take(p)


class Pings(Protocol):
    """Messages under a key, so that some cells follow from others; counted until it is full."""

    seen: Map[Proc, Turn] = durable(0)
    sent: Messages[Ping]

    @action(fair="weak")
    def ping(self, p: Proc, n: Turn) -> None:
        require(self.seen[p] < n)
        require(not any(m.p == p for m in self.sent[Ping]))
        self.sent.add(Ping(p, n))

    @action(fair="weak", fair_for="p")
    def hear(self, p: Proc, m: Ping) -> None:
        require(m.p == p)
        require(self.seen[p] != m.n)
        self.seen[p] = m.n

    @invariant
    def in_range(self) -> bool:
        return all(self.seen[p] <= len(Turn) for p in Proc)

    @final
    def all_heard(self) -> bool:
        return all(self.seen[p] > 0 for p in Proc)

    @eventually_always
    def heard(self, p: Proc) -> bool:
        return self.seen[p] > 0

    @leads_to
    def pings_are_heard(self, p: Proc, n: Turn) -> tuple[bool, bool]:
        return Ping(p, n) in self.sent, self.seen[p] == n

    @step_property
    def nothing_is_unsent(self, old: Pings) -> bool:
        return all(Ping(m.p, m.n) in self.sent for m in old.sent[Ping])

    @step_property
    def never_decreases(self, old: Pings, p: Proc) -> bool:
        return old.seen[p] <= self.seen[p]

    @step_property
    def one_at_a_time(self, old: Pings) -> bool:
        return all(m.n <= 1 or Ping(m.p, m.n) in old.sent for m in self.sent[Ping])


class Claims(Protocol):
    """What is claimed in vain, or makes no sense."""

    turn: Turn = durable(0)

    @action(fair="weak")
    def step(self) -> None:
        require(self.turn < 1)
        self.turn = 1

    @eventually
    def true_at_first(self) -> bool:
        return self.turn == 0

    @leads_to
    def never_asked(self) -> tuple[bool, bool]:
        return self.turn > 1, self.turn == 0

    @always_eventually
    def counted_down(self) -> bool:
        return 1 - self.turn - self.turn <= 1

    @step_property
    def counted_back(self, old: Claims) -> bool:
        return old.turn - self.turn <= 1
