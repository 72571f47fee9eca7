from quorate.model.language import (
    Message,
    Messages,
    Nat,
    Protocol,
    Sort,
    action,
    at_most_once,
    fifo,
)


class Server(Sort): ...


class Ask(Message):
    a: Server


class Tell(Message):
    a: Server


class Depth(Nat): ...


class Hear(Message, link=("a", "b")):
    a: Server
    b: Server


class Talk(Protocol):
    sent: Messages[Ask]
    flying: Messages[Tell] = at_most_once()
    queued: Messages[Hear] = fifo(Depth)

    @action
    def forget(self, m: Ask) -> None:
        self.sent.discard(m)

    @action
    def lose(self, a: Server) -> None:
        self.flying.remove(Tell(a))

    @action
    def overtake(self, m: Hear) -> None:
        self.queued.discard(m)

    @action
    def disconnect(self, a: Server, b: Server) -> None:
        self.flying.drop(a, b)
