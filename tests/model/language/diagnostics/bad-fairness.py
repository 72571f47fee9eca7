from quorate.model.language import Map, Message, Messages, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Ask(Message):
    of: Acceptor


class Poll(Protocol):
    asked: Map[Acceptor, bool] = durable(False)
    sent: Messages[Ask]

    @action(fair="weak", fair_for="acceptor")
    def ask(self, a: Acceptor) -> None:
        self.sent.add(Ask(a))

    @action(fair="strong", fair_for=("m",))
    def hear(self, m: Ask) -> None:
        self.asked[m.of] = True
