"""Quorum systems with a structure: which sets they are, and what a digest sees of them."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest

from quorate.model.language import (
    Configuration,
    Explicit,
    Grid,
    Hierarchical,
    Joint,
    Majority,
    Map,
    ModelError,
    Predicate,
    Protocol,
    Set,
    SizeError,
    Sort,
    Tree,
    Weighted,
    action,
    durable,
    require,
)
from quorate.model.language.declare import quorums
from quorate.model.language.description import describe
from quorate.model.language.digest import digest
from quorate.model.language.frontend.predicates import predicate
from quorate.model.language.interpreter import Interpreter

from ...support.loading import load_module, load_protocol


class Acceptor(Sort): ...


LEADER = Acceptor(0)


def grid(holds: str) -> Any:
    class Quorum(Grid[Acceptor], columns=2, holds=holds): ...

    return Quorum


class Binary(Tree[Acceptor]): ...


class Groups(Hierarchical[Acceptor], branching=3): ...


class Levels(Hierarchical[Acceptor], branching=(2, 3), need=(2, 1)): ...


class Old(Configuration[Acceptor], members=(0, 1, 2)): ...


class New(Configuration[Acceptor], members=(2, 3)): ...


class Both(Joint[Acceptor], configurations=(Old, New)): ...


class Write(Weighted[Acceptor], weights=(2, 1, 1), need=lambda total: total - 1): ...


class Led(Predicate[Acceptor]):
    def is_quorum(self, q: Set[Acceptor]) -> bool:
        return LEADER in q and 3 * len(q) >= 2 * len(Acceptor)


class Pairs(Explicit[Acceptor], quorums=[(0, 1), (1, 2), (1, 0)]): ...


def listed(system: Any, n: int) -> list[str]:
    return ["".join(map(str, subset)) for subset in system.subsets(n)]


def test_grids() -> None:
    assert listed(grid("row"), 6) == ["01", "23", "45"]
    assert listed(grid("column"), 6) == ["024", "135"]
    assert listed(grid("one of each column"), 4) == ["01", "03", "12", "23"]
    assert listed(grid("one of each row"), 4) == ["02", "03", "12", "13"]
    assert listed(grid("row and column"), 4) == ["012", "013", "023", "123"]


def test_a_grid_may_have_as_many_columns_as_a_function_says() -> None:
    class Square(Grid[Acceptor], columns=math.isqrt, holds="row"): ...

    assert listed(Square, 9) == ["012", "345", "678"]


def test_trees_and_hierarchies() -> None:
    # The root and a leaf of either side, or both leaves.
    assert listed(Binary, 3) == ["01", "02", "12"]
    paths = {"013", "014", "025", "026"}
    assert set(listed(Binary, 7)) >= paths and len(listed(Binary, 7)) == 15
    assert len(listed(Groups, 9)) == 27 and listed(Groups, 3) == ["01", "02", "12"]
    assert listed(Levels, 6) == ["03", "04", "05", "13", "14", "15", "23", "24", "25"]


def test_configurations_and_weights() -> None:
    assert listed(Both, 4) == ["023", "123"]
    assert listed(Write, 3) == ["01", "02"]


def test_a_predicate_is_asked_of_every_set() -> None:
    assert listed(Led, 3) == ["01", "02"]
    for n in range(1, 8):
        every = [
            set(s)
            for k in range(n + 1)
            for s in itertools.combinations(range(n), k)
            if 0 in s and 3 * len(s) >= 2 * n
        ]
        least = [s for s in every if not any(t < s for t in every)]
        assert sorted(map(sorted, least)) == sorted(map(list, Led.subsets(n)))


@pytest.mark.parametrize(
    ("system", "n", "message"),
    [
        (grid("row"), 5, "rows of 2: 5 Acceptors make no whole rows"),
        (Groups, 6, "groups of 3: 6 Acceptors do not fill them"),
        (Levels, 9, r"groups of \(2, 3\): 9 Acceptors do not fill them"),
        (Old, 2, "has the member 2, but the 2 Acceptors are numbered 0..1"),
        (Both, 3, "New has the member 3"),
        (Led, 17, "it can do so for at most 16, not 17"),
    ],
)
def test_sizes_that_do_not_fit(system: Any, n: int, message: str) -> None:
    with pytest.raises(SizeError, match=message):
        system.quorums([Acceptor(i) for i in range(n)])


def test_too_many_quorums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quorums, "MOST_QUORUMS", 100)
    with pytest.raises(SizeError, match="more than 100 minimal quorums among 15 Acceptors"):
        Binary.quorums([Acceptor(i) for i in range(15)])


def test_what_meets_itself_unless_told_otherwise() -> None:
    assert grid("row").meets == () and len(grid("row and column").meets) == 1
    assert Binary.meets == (Binary,) and Groups.meets == (Groups,) and Levels.meets == ()
    assert Both.meets == (Both,) and Write.meets == () and Led.meets == (Led,)


def test_a_subclass_that_lists_its_quorums_has_the_last_word() -> None:
    class Odd(Majority[Acceptor]):
        @classmethod
        def subsets(cls, n: int) -> Any:
            return iter([(0,)])

    assert Odd.count(5) == 1 and Odd.votes(5).parts[0][1].parts == ((1, 0),)  # type: ignore[union-attr]


def test_multiples_are_products() -> None:
    assert "op='*'" in str(predicate(Led).body)


MISTAKES = {
    "len(q) > self.votes": "unknown-variable",
    "len(q) < 1 / 2": "arithmetic",
    "acceptor in q": "unknown-name",
    "len(q)": "not-a-condition",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_in_a_predicate_are_shown_where_they_are(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mistaken.py"
    path.write_text(
        "from quorate.model.language import Predicate, Set, Sort\n\n"
        "class Acceptor(Sort): ...\n\n"
        "class Quorum(Predicate[Acceptor]):\n"
        "    def is_quorum(self, q: Set[Acceptor]) -> bool:\n"
        f"        return {text}\n"
    )
    with pytest.raises(ModelError) as caught:
        predicate(load_module(path).Quorum)
    (mistake,) = caught.value.diagnostics
    assert mistake.span.line == 7 and mistake.code == MISTAKES[text]


class Voting(Protocol):
    voted: Map[Acceptor, bool] = durable(False)
    done: bool = durable(False)

    @action
    def vote(self, a: Acceptor) -> None:
        require(not self.voted[a])
        self.voted[a] = True

    @action
    def decide(self, q: Both) -> None:
        require(all(self.voted[a] for a in q))
        self.done = True


def test_cpython_steps_through_them() -> None:
    with Voting.sized(Acceptor=4) as sizes:
        machine = Interpreter(Voting, sizes)
        (state,) = machine.initial()
        for wanted in (0, 2, 3):
            state = next(s for a, p, s in machine.successors(state) if p[:1] == (Acceptor(wanted),))
        assert any(a == "decide" for a, *_ in machine.successors(state))


MODEL = """
import math
from quorate.model.language import *

class Acceptor(Sort): ...

LEADER = Acceptor(0)
MOST = 2

def most(n): return n

class Old(Configuration[Acceptor], members=(0, 1, 2)): ...
class New(Configuration[Acceptor], members=(2, 3, 4)): ...
class Quorum({declaration}

class Model(Protocol):
    done: bool = durable(False)

    @action
    def decide(self, q: Quorum) -> None:
        self.done = True
"""
DECLARATIONS = [
    'Grid[Acceptor], columns=7, holds="row"): ...',
    'Grid[Acceptor], columns=8, holds="row"): ...',
    'Grid[Acceptor], columns=8, holds="column"): ...',
    'Grid[Acceptor], columns=math.isqrt, holds="column"): ...',
    "Tree[Acceptor], degree=2): ...",
    "Tree[Acceptor], degree=7): ...",
    "Tree[Acceptor], degree=8): ...",
    "Hierarchical[Acceptor], branching=7): ...",
    "Hierarchical[Acceptor], branching=(2, 3)): ...",
    "Hierarchical[Acceptor], branching=(2, 3), need=(2, 3)): ...",
    "Weighted[Acceptor], weights=(90, 80, 70, 60, 50, 40)): ...",
    "Weighted[Acceptor], weights=(90, 80, 70, 60, 50, 40), need=lambda t: t - 100): ...",
    "Weighted[Acceptor], weights=(90, 80, 70, 60, 50, 40), need=lambda t: max(t - 101, 9)): ...",
    "Joint[Acceptor], configurations=(Old, New)): ...",
    "Joint[Acceptor], configurations=(Old,)): ...",
    "Configuration[Acceptor], members=(0, 1, 9)): ...",
    "Configuration[Acceptor], members=(0, 1, 8)): ...",
    "Predicate[Acceptor]):\n    def is_quorum(self, q: Set[Acceptor]) -> bool:\n"
    "        return len(q) > 7",
    "Predicate[Acceptor]):\n    def is_quorum(self, q: Set[Acceptor]) -> bool:\n"
    "        return LEADER in q and len(q) > 7",
]


def test_a_digest_tells_all_of_them_apart(tmp_path: Path) -> None:
    found = {}
    for i, declaration in enumerate(DECLARATIONS):
        path = tmp_path / f"model_{i}.py"
        path.write_text(MODEL.replace("{declaration}", declaration))
        found[declaration] = digest(describe(load_protocol(path)))
    assert len(set(found.values())) == len(DECLARATIONS)


def test_a_digest_sees_the_constants_of_a_predicate(tmp_path: Path) -> None:
    found = set()
    for i in (0, 1):
        path = tmp_path / f"model_{i}.py"
        text = MODEL.replace("{declaration}", DECLARATIONS[-1])
        path.write_text(text.replace("LEADER = Acceptor(0)", f"LEADER = Acceptor({i})"))
        found.add(digest(describe(load_protocol(path))))
    assert len(found) == 2


def test_a_quorum_that_is_listed_twice_counts_once() -> None:
    assert listed(Pairs, 3) == ["01", "12"] and Pairs.count(3) == 2
