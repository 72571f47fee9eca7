"""`quorate.compare_quorums`."""

from __future__ import annotations

from fractions import Fraction

import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.model.consensus import Consensus
from quorate.model.flexible_paxos import FlexiblePaxos
from quorate.model.language import Flexible, Grid, Majority, Sort
from quorate.model.paxos import Quorum

from .schema import valid


class Replica(Sort): ...


class Write(Flexible[Replica], size=lambda n: n // 2 + 1): ...


class Read(Flexible[Replica], size=lambda n: n // 2, meets=Write): ...


class Row(Grid[Replica], columns=2, holds="row"):
    """Two rows of four have nothing in common."""


class Rows(Grid[Replica], columns=2, holds="row", meets=Row): ...


def test_the_library() -> None:
    result = quorate.compare_quorums()
    assert result.holds and result.violation is None and result.trace is None
    assert result.comparison.size == 9
    assert repr(result).startswith("the bundled library  Node=9")
    valid("quorums", 0, result.to_json())


def test_the_systems_of_a_protocol() -> None:
    by_class = quorate.compare_quorums(FlexiblePaxos, size=5, down=[Fraction(1, 20)])
    by_name = quorate.compare_quorums("FlexiblePaxos", size=5, down=[Fraction(1, 20)])
    assert by_class.holds and by_class.to_json() == by_name.to_json()
    assert [*by_class.to_json()["systems"][0]["available"]] == ["0.05"]


def test_quorums_that_do_not_meet() -> None:
    result = quorate.compare_quorums(Rows, size=4)
    assert not result.holds
    with pytest.raises(quorate.ViolationError, match="not so: every quorum of Rows shares a memb"):
        result.raise_for_violation()
    (told, *_) = valid("quorums", 1, result.to_json())["intersections"]
    assert told["verdict"] == "refuted" and len(told["disjoint"]) == 2


def test_what_holds_at_one_size_alone_is_open() -> None:
    result = quorate.compare_quorums(Read, size=3)
    assert not result.holds and (result.violation is not None or result.open)


def test_one_system() -> None:
    assert quorate.compare_quorums(Quorum, size=5).holds


def test_mistakes_are_raised() -> None:
    with pytest.raises(InputError, match="Consensus has no quorum systems"):
        quorate.compare_quorums(Consensus)
    with pytest.raises(InputError, match="Majority is a kind of quorum systems"):
        quorate.compare_quorums(Majority)
    with pytest.raises(InputError, match="2 is not a probability"):
        quorate.compare_quorums(Quorum, down=[Fraction(2)])
    with pytest.raises(quorate.ArgumentError, match="weights"):
        quorate.compare_quorums("quorate.model.quorums:Weights", size=7)
