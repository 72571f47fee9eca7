from quorate.model.language import Protocol, Record, Sort, action, durable


class Server(Sort): ...


class Entry(Record):
    of: Server


class Locks(Protocol):
    held: Entry | Server | None = durable(None)
    last: Server | None = durable(None)

    @action
    def free(self) -> None:
        match self.held:
            case Entry(of=s):
                self.last = s
            case Server() | None:
                self.last = None
