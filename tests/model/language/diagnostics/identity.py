from quorate.model.language import Map, Nat, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Slot(Nat): ...


class Log(Protocol):
    last: Map[Acceptor, Slot] = durable(0)

    @action
    def advance(self, a: Acceptor, i: Slot) -> None:
        require(self.last[a] is not i)
        self.last[a] = i
