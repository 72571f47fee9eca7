"""A sequence built as a local, as the help of `read-after-write` advises."""

from quorate.model.language import (Map, Nat, Protocol, Seq, Sort, action, durable, invariant, require)


class P(Sort): ...


class Len(Nat): ...


class Queue(Protocol):
    q: Map[P, Seq[P, Len]] = durable(())
    longest: Len = durable(0)

    @action
    def push(self, p: P, a: P) -> None:
        require(len(self.q[p]) < 2)
        longer = self.q[p] + (a,)
        self.q[p] = longer
        if self.longest < len(longer):
            self.longest = len(longer)

    @invariant
    def bounded(self) -> bool:
        return self.longest <= 2
