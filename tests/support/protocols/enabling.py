"""A protocol that asks which of its actions are enabled."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Sort,
    action,
    define,
    durable,
    enabled,
    final,
    invariant,
    require,
    step_property,
)


class Proc(Sort): ...


class Count(Nat): ...


class Say(Message, link=("p", "to")):
    p: Proc
    to: Proc


class Turns(Protocol):
    n: Map[Proc, Count] = durable(0)
    quiet: bool = durable(False)
    sent: Messages[Say]

    @action
    def up(self, p: Proc) -> None:
        m = self.n[p]
        require(any(m < t for t in Count))
        self.n[p] = m + 1

    @action
    def hear(self, m: Say, p: Proc) -> None:
        require(m.p != p)
        require(self.n[p] == 0)
        self.n[p] = 1

    @action
    def say(self, p: Proc, q: Proc) -> None:
        require(enabled(self.up, p) and p != q)
        self.sent.add(Say(p, q))

    @action
    def rest(self) -> None:
        require(not any(self.can(p) for p in Proc) and not self.quiet)
        self.quiet = True

    @define
    def can(self, p: Proc) -> bool:
        return enabled(self.up, p)

    @invariant
    def heard(self) -> bool:
        return all(
            self.n[q] != 0 or m.to != q or m.p == q or enabled(self.hear, m, q)
            for m in self.sent[Say]
            for q in Proc
        )

    @invariant
    def quiet_at_the_end(self) -> bool:
        return not self.quiet or not any(
            enabled(self.hear, m, p) for m in self.sent[Say] for p in Proc
        )

    @final
    def done(self) -> bool:
        return self.quiet

    @step_property
    def stays_done(self, old: Turns, p: Proc) -> bool:
        return enabled(old.up, p) or not enabled(self.up, p)


class Once(Turns):
    """What an action asks after it wrote is asked of what it wrote; an overriding one adds."""

    @action
    def up(self, p: Proc) -> None:
        require(self.n[p] == 0)
        super().up(p)

    @action
    def rest(self) -> None:
        require(not self.quiet)
        for p in Proc:
            self.n[p] = 1
        self.quiet = not any(enabled(self.up, p) for p in Proc)
