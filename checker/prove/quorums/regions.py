"""Sets by their Venn regions: the number of members in each, for any total.

Two quorums, their configurations and the elements that a predicate names divide the members into
regions. A condition on numbers of members is linear arithmetic over the sizes of regions, one on
weights over their weights. For numbers this is complete (Kuncak, Nguyen, Rinard: Deciding Boolean
Algebra with Presburger Arithmetic, 2006).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

Region = tuple[bool, ...]
MOST_SETS = 8


class NotCounted(Exception):
    """A system whose quorums do not depend on numbers or weights of members alone."""


@dataclass
class Regions:
    """The Venn regions of the sets `names`; those in `single` have one element."""

    names: Sequence[Hashable]
    context: z3.Context
    single: Sequence[Hashable] = ()
    counts: dict[Region, Any] = field(default_factory=dict)
    weights: dict[Hashable, dict[Region, Any]] = field(default_factory=dict)
    rules: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.names) > MOST_SETS:
            raise NotCounted(f"{len(self.names)} sets at once")
        alone = [self.names.index(s) for s in self.single]
        for region in itertools.product((False, True), repeat=len(self.names)):
            if sum(region[i] for i in alone) <= 1:  # no two of these sets are the same element
                self.counts[region] = z3.FreshInt("members", self.context)
        self.rules += [x >= 0 for x in self.counts.values()]
        self.rules += [self.size(self.inside(s)) == 1 for s in self.single]
        self.total = self.size(lambda r: True)
        self.rules.append(self.total >= 1)

    def inside(self, name: Hashable) -> Callable[[Region], bool]:
        """Whether a region lies in this set, as a function."""
        i = self.names.index(name)
        return lambda region: region[i]

    def size(self, chosen: Callable[[Region], bool]) -> Any:
        """The number of members in the chosen regions."""
        return z3.Sum([x for r, x in self.counts.items() if chosen(r)])

    def weight(self, scale: Hashable, chosen: Callable[[Region], bool]) -> Any:
        """The weight of the chosen regions by these weights."""
        if scale not in self.weights:
            found = {r: z3.FreshInt("weight", self.context) for r in self.counts}
            self.weights[scale] = found
            for region, w in found.items():  # no members, no weight
                self.rules += [w >= 0, z3.Implies(self.counts[region] == 0, w == 0)]
        return z3.Sum([w for r, w in self.weights[scale].items() if chosen(r)])
