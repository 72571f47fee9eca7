from quorate.model.language import Map, Protocol, Record, Sort, action, durable, require


class Server(Sort): ...


class Client(Sort): ...


class Value(Sort): ...


class Entry(Record):
    of: Server


class Locks(Protocol):
    held: Map[Server, Entry | Client | None] = durable(None)
    last: Value | None = durable(None)

    @action
    def fields(self, s: Server) -> None:
        require(self.held[s] is not None)
        require(self.held[s].of == s)
        self.last = None

    @action
    def never(self, s: Server, v: Value) -> None:
        require(self.held[s] == v)
        self.last = None

    @action
    def order(self, s: Server, c: Client) -> None:
        require(self.held[s] is not None and self.held[s] < c)
        self.last = None

    @action
    def one_of(self, s: Server, c: Client) -> None:
        require(self.held[s] in {c})
        self.last = None

    @action
    def store(self, s: Server, v: Value) -> None:
        self.held[s] = v

    @action
    def none(self, s: Server) -> None:
        require(isinstance(self.held[s]))
        self.last = None
