from quorate.model.language import Map, Protocol, Sort, action, durable


class Server(Sort, named="root"): ...


class Client(Sort): ...


class Locks(Protocol):
    owner: Map[Server, Server | Client] = durable(Server.root)
    last: Server | None = durable(None)

    @action
    def free(self, s: Server) -> None:
        self.last = self.owner[s]
