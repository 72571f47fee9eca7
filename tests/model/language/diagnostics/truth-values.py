from quorate.model.language import Map, Protocol, Set, Sort, action, define, durable, require


class Voter(Sort): ...


class Poll(Protocol):
    absent: Set[Voter] = durable(frozenset())
    short: Map[Voter, bool] = durable(False)

    @define
    def somebody(self) -> bool:
        return self.absent

    @action
    def count(self, v: Voter) -> None:
        few = not self.short[v] and self.absent
        require(few and (self.somebody() or not self.absent))
        self.short[v] = few or self.somebody()
