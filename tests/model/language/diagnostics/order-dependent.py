from quorate.model.language import (
    Map,
    Message,
    Messages,
    Protocol,
    Sort,
    action,
    at_most_once,
    durable,
    volatile,
)


class Acceptor(Sort): ...


class Value(Sort): ...


class Vote(Message):
    a: Acceptor
    v: Value


class Paxos(Protocol):
    max_val: Map[Acceptor, Value | None] = durable(None)
    decided: Value | None = durable(None)
    up: Map[Acceptor, bool] = volatile(True)
    sent: Messages[Vote] = at_most_once()

    @action
    def learn(self) -> None:
        for v in Value:
            self.decided = v

    @action
    def rotate(self, b: Acceptor) -> None:
        for a in Acceptor:
            self.max_val[a] = self.max_val[b]

    @action
    def pick(self) -> None:
        for m in self.sent[Vote]:
            if self.max_val[m.a] is None:
                self.decided = m.v

    @action
    def fail(self, b: Acceptor) -> None:
        for a in Acceptor:
            self.up[b] = False
            self.crash(a)

    @action
    def revote(self, v: Value) -> None:
        for m in self.sent[Vote]:
            self.sent.discard(m)
            self.sent.add(Vote(m.a, v))
