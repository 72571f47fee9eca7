"""A protocol whose steps read what they wrote above, in every way that is known."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Record,
    Sort,
    action,
    define,
    durable,
    invariant,
    require,
    volatile,
)


class P(Sort): ...


class N(Nat): ...


class Note(Message):
    p: P
    n: N


class Earlier(Protocol):
    v: Map[P, N] = durable(0)
    w: Map[P, N | None] = volatile(None)
    t: N = durable(0)
    o: P | None = durable(None)
    k: bool = durable(False)
    r: Map[P, P, bool] = durable(False)
    sent: Messages[Note]

    @define
    def total(self, p: P) -> N:
        return self.v[p] if self.t == 0 else self.t

    @define
    def noted(self, p: P) -> bool:
        return Note(p, self.t) in self.sent

    @action
    def cells_and_tests(self, p: P, q: P) -> None:
        require(self.t == 0)
        self.t = self.t + 1
        self.v[p] = self.t
        self.v[q] = max(self.v[p], self.v[q])
        self.w[p] = self.total(q)
        if self.w[q] is not None:
            self.t = self.w[q]
            self.o = q
        if not self.noted(p):
            self.sent.add(Note(p, self.t))
        if self.o is None:
            self.o = p
        self.k = self.noted(q) and self.o == q

    @action
    def loops_and_crashes(self, q: P) -> None:
        self.crash(q)
        for p in P:
            self.v[p] = 1 if self.w[p] is None else 0
            if self.v[p] == 1:
                self.w[p] = self.v[p]
        self.t = self.v[q]
        for p in P:
            if p != q:
                self.sent.add(Note(p, self.t))
        for _p in P:
            self.k = True
        self.o = q if self.k and self.noted(q) else None

    @action
    def whole_maps(self, p: P, q: P) -> None:
        require(self.t == 1)
        self.v = {x: self.v[q] if x == p else self.t for x in P}
        self.r[p] = {x: self.v[x] == 1 for x in P}
        if self.r[q, p]:
            self.r = {(x, y): self.r[y, x] if x == q else self.k for x in P for y in P}

    @action
    def through_a_key(self, m: Note) -> None:
        self.o = m.p
        self.w[self.o] = m.n
        self.v[self.o] = self.w[m.p]

    @invariant
    def is_not_noted(self) -> bool:
        return not (self.k and self.o is None)


class Inner(Record):
    b: bool
    n: N


class Outer(Record):
    i: Inner
    k: N


class Parts(Protocol):
    r: Map[P, Outer] = durable(Outer(Inner(False, 0), 0))
    s: Inner = durable(Inner(False, 0))

    @action
    def parts(self, p: P, q: P) -> None:
        self.r[p].i.b = not self.r[q].i.b
        self.r[p].k = self.s.n
        self.s.n = 1
        if p == q:
            self.s.n = self.r[p].k
        self.r[q].i = self.s

    @invariant
    def fine(self) -> bool:
        return True


class FurtherParts(Parts):
    @action
    def parts(self, p: P, q: P) -> None:
        super().parts(p, q)
        self.r[p].i.n = 0
