from quorate.model.language import Map, Nat, Protocol, Seq, Sort, action, durable


class Acceptor(Sort): ...


class Value(Sort): ...


class Slot(Nat): ...


class Log(Protocol):
    log: Map[Acceptor, Seq[Value, Slot]] = durable(())

    @action
    def thin(self, a: Acceptor) -> None:
        self.log[a] = self.log[a][::2]

    @action
    def undo(self, a: Acceptor) -> None:
        self.log[a] = self.log[a][:-1]

    @action
    def repeat(self, a: Acceptor) -> None:
        self.log[a] = (self.log[a][-2],)
