from __future__ import annotations

from quorate.model.language import Int, Map, Message, Protocol, Seq, Sort, action, durable


class Node(Sort): ...


class Delta(Int, low=-3, high=3): ...


class Move(Message):
    by: Int


class Ledger(Protocol):
    credit: Map[Node, Int] = durable(0)
    total: int = durable(0)
    log: Seq[Node, Delta] = durable(())

    @action
    def move(self, n: Node, d: Int) -> None:
        self.total = d
