"""A model on which every option of `quorate check` shows.

With Step=3 all holds; with Step=2 nobody gets to the top, a warning; with Step=5 `low` is violated
in 4 steps; with a slip `whole` is, in 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from quorate.model.language import (
    Map,
    Nat,
    Protocol,
    Sort,
    action,
    durable,
    invariant,
    reachable,
    require,
)


class Step(Nat): ...


class Side(Sort): ...


class Climb(Protocol):
    faults: ClassVar[Mapping[str, int]] = {"slip": 0}
    at: Map[Side, Step] = durable(0)
    broken: bool = durable(False)

    @action
    def up(self, s: Side) -> None:
        require(any(self.at[s] < k for k in Step))
        self.at[s] = self.at[s] + 1

    @action(fault="slip")
    def slip(self) -> None:
        self.broken = True

    @invariant
    def low(self) -> bool:
        return all(self.at[s] < 4 for s in Side)

    @invariant
    def whole(self) -> bool:
        return not self.broken

    @reachable
    def top(self) -> bool:
        return any(self.at[s] == 3 for s in Side)
