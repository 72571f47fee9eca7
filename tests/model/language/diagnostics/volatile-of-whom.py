from quorate.model.language import Ordered, Protocol, action, require, volatile


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    latest: Ballot = volatile(Ballot.never)

    @action
    def phase1b(self, b: Ballot) -> None:
        require(self.latest < b)
        self.latest = b
