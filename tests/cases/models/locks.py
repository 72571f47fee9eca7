"""A lock that one client holds, and one that is handed out without looking."""

from typing import Any

from quorate.model.language import *
from quorate.model.refinements import refinement


class Client(Sort): ...


class Lock(Protocol):
    holder: Client | None = durable(None)
    inside: Map[Client, bool] = durable(False)

    @action
    def take(self, c: Client) -> None:
        require(self.holder is None)
        self.holder = c
        self.inside[c] = True

    @action
    def release(self, c: Client) -> None:
        require(self.holder == c)
        self.inside[c] = False
        self.holder = None

    @invariant
    def exclusion(self) -> bool:
        return all(c == d for c in Client for d in Client if self.inside[c] and self.inside[d])

    @invariant
    def holder_is_inside(self) -> bool:
        return all(self.holder == c for c in Client if self.inside[c])

    @reachable
    def taken(self) -> bool:
        return any(self.inside[c] for c in Client)

    @reachable
    def shared(self) -> bool:
        return all(self.inside[c] for c in Client)


class Hasty(Lock):
    @action
    def take(self, c: Client) -> None:
        self.holder = c
        self.inside[c] = True


@refinement(concrete=Hasty, abstract=Lock)
def as_it_is(self: Hasty) -> dict[str, Any]:
    return {"holder": self.holder, "inside": {c: self.inside[c] for c in Client}}
