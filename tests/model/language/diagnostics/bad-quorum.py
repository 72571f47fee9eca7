from quorate.model.language import (
    Configuration,
    Flexible,
    Grid,
    Hierarchical,
    Joint,
    Majority,
    Map,
    Ordered,
    Predicate,
    Protocol,
    Set,
    Sort,
    Tree,
    Weighted,
    action,
    durable,
)


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Quorum(Majority): ...


class Phase2(Flexible[Acceptor], meets=Quorum): ...


class Scales(Weighted[Acceptor], weights=(2, 1.5, 1)): ...


class Row(Grid[Acceptor], columns=3, holds="a row"): ...


class Wide(Grid[Acceptor], columns=0, holds="row"): ...


class Path(Tree[Acceptor], degree=1): ...


class Groups(Hierarchical[Acceptor], branching=(3, 3), need=2): ...


class Old(Configuration[Acceptor], members=(0, 0, 1)): ...


class Changing(Joint[Acceptor], configurations=(Ballot,)): ...


class During(Joint[Acceptor], configurations=(Old,)): ...


class Unsaid(Predicate[Acceptor]): ...


class OfBallots(Predicate[Acceptor]):
    def is_quorum(self, q: Set[Ballot]) -> bool:
        return len(q) > 1


class ByBallots(Predicate[Acceptor]):
    def is_quorum(self, q: Set[Acceptor]) -> bool:
        return len(q) > len(Ballot)


class Misspelt(Grid[Acceptor], columns=2, hold="row"): ...


class Apart(Majority[Acceptor], meets=Ballot): ...


class Halves(Flexible[Acceptor], size=lambda n: n / 2): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    done: bool = durable(False)

    @action
    def phase2a(self, a: Acceptor, b: Ballot, q: Quorum, r: Phase2, s: Scales) -> None:
        self.max_bal[a] = b

    @action
    def structured(self, a: Row, b: Wide, c: Path, d: Groups, e: Changing, f: During) -> None:
        self.done = True

    @action
    def said(self, a: Unsaid, b: OfBallots, c: ByBallots, d: Misspelt, e: Apart, f: Halves) -> None:
        self.done = True
