from quorate.model.language import Map, Protocol, Sort, action, durable, require


class Server(Sort): ...


class Client(Sort): ...


class Value(Sort): ...


class Locks(Protocol):
    owner: Server | Client | None = durable(None)
    value: Map[Server, Value | None] = durable(None)

    @action
    def forget(self, s: Server) -> None:
        require(isinstance(self.value[s], Value))
        self.value[s] = None

    @action
    def free(self) -> None:
        require(isinstance(self.owner, Value))
        self.owner = None

    @action
    def take(self, s: Server) -> None:
        require(isinstance(s, Server))
        self.owner = s
