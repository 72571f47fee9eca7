from quorate.model.language import Map, Nat, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Slot(Nat): ...


class Log(Protocol):
    last: Map[Acceptor, Slot] = durable(0)

    @action
    def advance(self, a: Acceptor) -> None:
        n = self.last[a]
        n += 1
        self.last[a] = n
