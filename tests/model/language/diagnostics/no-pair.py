from quorate.model.language import Map, Protocol, Sort, action, durable, leads_to


class Acceptor(Sort): ...


class Poll(Protocol):
    asked: Map[Acceptor, bool] = durable(False)

    @action
    def ask(self, a: Acceptor) -> None:
        self.asked[a] = True

    @leads_to
    def all_answer(self, a: Acceptor) -> bool:
        return self.asked[a]
