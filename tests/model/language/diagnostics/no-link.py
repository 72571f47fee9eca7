from quorate.model.language import Message, Messages, Nat, Protocol, Sort, action, fifo


class Server(Sort): ...


class Client(Sort): ...


class Depth(Nat): ...


class Ask(Message):
    client: Client
    server: Server


class Tell(Message, link=("client", "server")):
    client: Client
    server: Server


class Hear(Message, link=("server", "client")):
    client: Client
    server: Server


class Talk(Protocol):
    sent: Messages[Ask, Tell, Hear] = fifo(Depth)

    @action
    def ask(self, c: Client, s: Server) -> None:
        self.sent.add(Ask(c, s))
