from quorate.model.language import Map, Nat, Protocol, Sort, action, durable, require


class Server(Sort, process=True): ...


class Item(Sort): ...


class Count(Nat): ...


class Shares(Protocol):
    held: Map[Server, Count] = durable(0, private=True)
    price: Map[Item, Count] = durable(0, private=True)
    total: Count = durable(0, private=True)

    @action
    def buy(self, s: Server, i: Item) -> None:
        require(self.held[s] < 1)
        self.held[s] = 1
