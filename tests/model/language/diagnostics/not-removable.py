from quorate.model.language import Message, Messages, Protocol, Sort, action, at_most_once


class Server(Sort): ...


class Ask(Message):
    a: Server


class Tell(Message):
    a: Server


class Talk(Protocol):
    sent: Messages[Ask]
    flying: Messages[Tell] = at_most_once()

    @action
    def forget(self, m: Ask) -> None:
        self.sent.discard(m)

    @action
    def lose(self, a: Server) -> None:
        self.flying.remove(Tell(a))
