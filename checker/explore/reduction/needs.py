"""What a condition needs: steps, one of which every run takes that makes a false condition true.

Conditions share parts, so needs do, and the ways to a part are exponentially many. Equal needs are
therefore one object (hash consing), and what is found out about one is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from quorate.checker.ground.nodes import Bool

MOST_SIMPLIFIED = 1 << 16  # needs, each with the steps that are there anyway: 900 for a small Raft


@dataclass(frozen=True)
class Steps:
    """These steps, whatever the state is."""

    mask: int


@dataclass(frozen=True, eq=False)
class All:
    """What each of these needs. Made by `Needs`."""

    parts: tuple[Need, ...]


@dataclass(frozen=True, eq=False)
class One:
    """What one of these needs, chosen among those whose condition is false. Made by `Needs`."""

    options: tuple[tuple[Bool, Need], ...]


Need = Steps | All | One


def choices_in(need: Need, found: dict[Need, None]) -> None:
    """Add the choices that a need is made of, parts first."""
    if isinstance(need, Steps) or need in found:
        return
    for part in _parts(need):
        choices_in(part, found)
    found[need] = None


def _parts(need: All | One) -> Iterable[Need]:
    return need.parts if isinstance(need, All) else (n for _, n in need.options)


class Needs:
    """Makes needs, and makes each only once: `All` and `One` are equal where they are the same."""

    def __init__(self) -> None:
        self._all: dict[tuple[Need, ...], All] = {}
        self._one: dict[tuple[tuple[Bool, Need], ...], One] = {}
        self._mentioned: dict[Need, int] = {}
        self._least: dict[Need, int] = {}
        self._simplified: dict[tuple[Need, int], Need] = {}

    def all(self, parts: Iterable[Need]) -> All:
        key = tuple(parts)
        return self._all.setdefault(key, All(key))

    def one(self, options: Iterable[tuple[Bool, Need]]) -> One:
        key = tuple(options)
        return self._one.setdefault(key, One(key))

    def mentioned(self, need: Need) -> int:
        """Steps that are needed in some state, at most."""
        if isinstance(need, Steps):
            return need.mask
        if need not in self._mentioned:
            self._mentioned[need] = reduce(or_, map(self.mentioned, _parts(need)), 0)
        return self._mentioned[need]

    def least(self, need: Need) -> int:
        """Steps that are needed in every state."""
        if isinstance(need, Steps):
            return need.mask
        if need not in self._least:
            masks = map(self.least, _parts(need))
            self._least[need] = reduce(or_ if isinstance(need, All) else and_, masks)
        return self._least[need]

    def simplified(self, need: Need, given: int = 0) -> Need:
        """The same without the steps that are there anyway, and without choices that are none.

        Of these steps, only those that the need mentions matter, so few cases differ. If too many
        do, further needs stay as they are: to need what is there anyway changes no set.
        """
        if isinstance(need, Steps):
            return Steps(need.mask & ~given)
        key = need, given & self.mentioned(need)
        if key not in self._simplified:
            if len(self._simplified) >= MOST_SIMPLIFIED:
                return need
            self._simplified[key] = self._simplify(*key)
        return self._simplified[key]

    def _simplify(self, need: All | One, given: int) -> Need:
        if isinstance(need, One):
            return self._choice([(p, self.simplified(n, given)) for p, n in need.options])
        found = [self.simplified(p, given) for p in need.parts]
        fixed = reduce(or_, (p.mask for p in found if isinstance(p, Steps)), 0)
        rest = [self.simplified(p, given | fixed) for p in found if not isinstance(p, Steps)]
        kept: list[Need] = [p for p in dict.fromkeys(rest) if p != Steps(0)]
        if fixed or not kept:
            kept = [Steps(fixed), *kept]
        return kept[0] if len(kept) == 1 else self.all(kept)

    def _choice(self, options: list[tuple[Bool, Need]]) -> Need:
        always = [n for p, n in options if p is False or len(options) == 1]
        for n in always:
            others = (self.least(other) for _, other in options)
            if isinstance(n, Steps) and all(n.mask & ~least == 0 for least in others):
                return n
        return always[0] if len(options) == 1 else self.one(options)
