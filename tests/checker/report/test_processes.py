"""Which sorts are processes: the columns of diagrams."""

from __future__ import annotations

import pytest

import quorate
from quorate.checker.tracing.build import processes_of
from quorate.model.language import (
    Map,
    Ordered,
    Protocol,
    Sort,
    action,
    durable,
    invariant,
    require,
)
from quorate.model.language.description import describe


class Site(Ordered, process=True): ...


class Place(Sort, process=False): ...


class Client(Sort): ...


class Sites(Protocol):
    """What is declared a process has a column: an order too, and nothing that only keys a map."""

    chosen: Map[Place, Site | None] = durable(None)
    asked: Map[Client, bool] = durable(False)
    leads: Map[Site, bool] = durable(False)

    @action
    def choose(self, k: Place, s: Site) -> None:
        require(self.chosen[k] is None)
        self.chosen[k] = s
        self.leads[s] = True

    @invariant
    def nobody(self) -> bool:
        return all(self.chosen[k] is None for k in Place)


def test_a_process_is_what_is_declared_one() -> None:
    assert processes_of(describe(Sites)) == (Site,)
    result = quorate.check(Sites, sizes={"Place": 1, "Site": 2, "Client": 1})
    trace = result.trace
    assert trace is not None and trace.processes == ("s1", "s2")
    assert [step.node for step in trace.steps] in (["s1"], ["s2"])


def test_what_is_declared_no_process_is_none() -> None:
    class Several(Protocol):
        first: Map[Place, bool] = durable(False)
        second: Map[Client, bool] = durable(False)

        @action
        def set_it(self, k: Place, c: Client) -> None:
            self.first[k] = True
            self.second[c] = True

    assert processes_of(describe(Several)) == (Client,)


def test_neither_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="process='yes', expected True or False"):

        class Server(Sort, process="yes"): ...  # type: ignore[call-overload]
