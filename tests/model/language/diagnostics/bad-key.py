from quorate.model.language import Map, Message, Nat, Ordered, Protocol, Sort, action, durable


class Value(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Slot(Nat): ...


class Accept(Message):
    b: Ballot
    v: Value


class Tally(Protocol):
    count: Map[Accept, Slot] = durable(0)
    seen: Map[Ballot | Value, bool] = durable(False)

    @action
    def note(self, b: Ballot, v: Value) -> None:
        self.count[Accept(b, v)] = 1
