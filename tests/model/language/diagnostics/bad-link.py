from quorate.model.language import Message, Messages, Nat, Protocol, Sort, action


class Server(Sort): ...


class Count(Nat): ...


class Ask(Message, link=("a", "to")):
    a: Server
    b: Server


class Tell(Message, link=("a", "a")):
    a: Server
    b: Server


class Hear(Message, link=("a", "n")):
    a: Server
    n: Count


class Talk(Protocol):
    sent: Messages[Ask, Tell, Hear]

    @action
    def ask(self, a: Server, b: Server) -> None:
        self.sent.add(Ask(a, b))
