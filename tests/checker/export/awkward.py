"""Protocols whose names TLA+, its library, TLC's configuration or the module need themselves."""

from __future__ import annotations

import enum

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Record,
    Seq,
    Set,
    Sort,
    action,
    define,
    durable,
    invariant,
    require,
)


class VIEW(Sort): ...  # opens a section of a configuration


class Naïve(Sort, short="n"): ...


class Seq_(Ordered, bottom="Len"): ...  # a bottom called as an operator of the library


class Count(Nat): ...


class Farbe(enum.Enum):
    rot = "röt"
    größe = "groe"  # what is left of the other in ASCII
    groe = "g"


class Pair(Record):
    IF: VIEW | None
    IF_: VIEW | None
    trail: Seq[VIEW, Count]


class Crème(Message):
    ä: VIEW
    a: VIEW


class Creme(Message, key="tÿpe"):
    tÿpe: VIEW
    farbe: Farbe


class Integers(Protocol):
    """A module of the library, (* with
    ---- MODULE Other ----
    ====
    *) in its "comment" \\* é.
    """

    log: Seq[VIEW, Count] = durable(())
    logs: Map[VIEW, Seq[VIEW, Count]] = durable(())
    INIT: Map[VIEW, bool] = durable(False)
    pair: Pair | None = durable(None)
    ä: bool = durable(False)
    a: bool = durable(False)
    farbe: Farbe = durable(Farbe.rot)
    v0: Naïve | None = durable(None)  # called as an element of VIEW
    Permutations: Set[Naïve] = durable(frozenset())
    last: Seq_ = durable(Seq_.Len)
    sent: Messages[Crème, Creme]

    @define
    def WF_all(self, S: VIEW) -> bool:
        return any(x == S for x in self.log)

    @action
    def add(self, s: VIEW, n: VIEW, k: Naïve) -> None:
        require(any(len(self.log) < m for m in Count) and not self.WF_all(s))
        self.log = self.log + (s,)  # noqa: RUF005
        self.v0 = k
        self.sent.add(Crème(s, n))
        self.ä = True

    @action
    def SPECIFICATION(self, x: VIEW, q: Seq_) -> None:
        require(not self.INIT[x] and self.last < q)
        self.INIT[x] = True
        self.last = q
        self.sent.add(Creme(x, Farbe.größe))

    @action
    def pick(self, r: Pair) -> None:
        require(r.IF is not None and r.IF_ is None)
        self.pair = r
        self.Permutations = {k for k in Naïve}  # noqa: C416

    @invariant
    def PROPERTY(self) -> bool:
        return not any(self.INIT[x] for x in VIEW)

    @invariant
    def ALIAS(self) -> bool:
        return not any(m.a != m.ä for m in self.sent[Crème])

    @invariant
    def _chosen(self) -> bool:
        return self.pair is None or self.pair.IF is None or self.pair.IF == self.pair.IF_

    @invariant
    def chosen(self) -> bool:
        return self.farbe == Farbe.rot or any(m.farbe == Farbe.groe for m in self.sent[Creme])
