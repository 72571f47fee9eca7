"""A library of quorum systems, to compare and to borrow from; `quorate quorums` shows it.

Each is one declaration: copy it, with a sort of your own in place of `Node`.
"""

from .language import (
    Configuration,
    Flexible,
    Grid,
    Hierarchical,
    Joint,
    Majority,
    Predicate,
    Set,
    Sort,
    Tree,
    Weighted,
)


class Node(Sort): ...


FIRST = Node(0)


class Majorities(Majority[Node]): ...


class ThirdPhase2(Flexible[Node], size=lambda n: (n + 2) // 3):
    """A third is enough to choose a value (Howard, Malkhi, Spiegelman 2016) ..."""


class RestPhase1(Flexible[Node], size=lambda n: n - (n + 2) // 3 + 1, meets=ThirdPhase2):
    """... and all but a third must promise before one is proposed."""


class TwoThirds(Predicate[Node]):
    """More than two thirds, said as a predicate."""

    def is_quorum(self, q: Set[Node]) -> bool:
        return 3 * len(q) > 2 * len(Node)


class Wheel(Predicate[Node]):
    """A hub and any other node, or all the others."""

    def is_quorum(self, q: Set[Node]) -> bool:
        others = [a for a in Node if a != FIRST]
        led = FIRST in q and any(a in q for a in others)
        return led or (len(q) > 0 and all(a in q for a in others))


class Weights(Weighted[Node], weights=(3, 2, 2, 1, 1, 1, 1, 1, 1)):
    """More than half of the votes (Gifford 1979)."""


class WriteVotes(Weighted[Node], weights=(3, 2, 2, 1, 1, 1, 1, 1, 1), need=10):
    """A write needs most of the votes, so that ..."""


class ReadVotes(Weighted[Node], weights=(3, 2, 2, 1, 1, 1, 1, 1, 1), need=4, meets=WriteVotes):
    """... a read needs few (Gifford 1979)."""


class ColumnPhase2(Grid[Node], columns=3, holds="column"):
    """A column chooses a value, a row must promise (Howard, Malkhi, Spiegelman 2016, §5)."""


class RowPhase1(Grid[Node], columns=3, holds="row", meets=ColumnPhase2): ...


class CoverRead(Grid[Node], columns=3, holds="one of each column", meets=ColumnPhase2):
    """A read asks one node of each column (Cheung, Ammar, Ahamad 1990)."""


class RowAndColumn(Grid[Node], columns=3, holds="row and column"):
    """Maekawa 1985."""


class BinaryTree(Tree[Node]):
    """Agrawal, El Abbadi 1991."""


class Groups(Hierarchical[Node], branching=3):
    """Majorities of majorities (Kumar 1991)."""


class Old(Configuration[Node], members=(0, 1, 2)): ...


class New(Configuration[Node], members=(2, 3, 4, 5, 6)): ...


class OldAndNew(Joint[Node], configurations=(Old, New)):
    """While a cluster changes (Ongaro, Ousterhout 2014, §6)."""

    meets = (Old, New)
