"""Sizes that a protocol cannot be given, and what is said about them."""

from __future__ import annotations

import pytest

from quorate.model.language import (
    Majority,
    Map,
    Nat,
    Protocol,
    SizeError,
    Sort,
    Weighted,
    action,
    durable,
)
from quorate.model.language.interpreter import Interpreter


class Acceptor(Sort): ...


class Round(Nat): ...


class Heavy(Weighted[Acceptor], weights=(2, 1, 1)): ...


class Big(Majority[Acceptor]): ...


class Weighing(Protocol):
    rounds: Map[Acceptor, Round] = durable(2)

    @action
    def weigh(self, a: Acceptor, q: Heavy) -> None:
        self.rounds[a] = 0


class Many(Protocol):
    done: Map[Acceptor, bool] = durable(False)

    @action
    def decide(self, a: Acceptor, q: Big) -> None:
        self.done[a] = True


def refused(protocol: type[Protocol], **sizes: int) -> str:
    with pytest.raises(SizeError) as caught:
        protocol.sized(**sizes)
    return str(caught.value)


def test_an_unknown_sort_is_named_with_a_suggestion() -> None:
    assert refused(Weighing, Aceptor=3, Round=1) == (
        "Weighing has no sort `Aceptor` to give a size; did you mean Acceptor?"
    )
    assert refused(Weighing, Server=3, Round=1) == (
        "Weighing has no sort `Server` to give a size; it has Acceptor, Round"
    )


@pytest.mark.parametrize("n", [0, -1])
def test_a_sort_has_elements(n: int) -> None:
    message = f"Acceptor={n}: a size is a whole number, at least 1"
    assert refused(Weighing, Acceptor=n, Round=1) == message


def test_a_size_is_a_whole_number() -> None:
    message = "Acceptor=2.5: a size is a whole number, at least 1"
    assert refused(Weighing, Acceptor=2.5, Round=1) == message  # type: ignore[arg-type]
    message = "Acceptor=True: a size is a whole number, at least 1"
    assert refused(Weighing, Acceptor=True, Round=1) == message


def test_numbers_may_end_at_zero() -> None:
    assert refused(Weighing, Acceptor=3, Round=-1) == (
        "Round=-1: a size is a whole number, at least 0"
    )
    assert Weighing.sized(Acceptor=3, Round=0)["Round"] == 0


def test_a_sort_is_not_too_large() -> None:
    assert refused(Many, Acceptor=65) == "Acceptor=65: a sort has at most 64 elements"
    assert Weighing.sized(largest=100, Acceptor=3, Round=90)["Round"] == 90
    with pytest.raises(SizeError, match="Acceptor=65: a sort has at most 64 elements"):
        Weighing.sized(largest=100, Acceptor=65, Round=1)


def test_every_sort_has_a_size() -> None:
    assert refused(Weighing, Acceptor=3) == (
        "Weighing needs a size for Round (its sorts are Acceptor, Round)"
    )


def test_weights_fit_the_sort() -> None:
    assert refused(Weighing, Acceptor=4, Round=1) == (
        "Heavy has 3 weights, but there are 4 Acceptors"
    )


def test_quorums_are_not_too_many() -> None:
    assert refused(Many, Acceptor=25) == (
        "Big has 5,200,300 minimal quorums among 25 Acceptors, more than 100,000"
    )


def test_a_first_value_fits_the_sizes() -> None:
    with Weighing.sized(Acceptor=3, Round=1) as sizes, pytest.raises(SizeError) as caught:
        Interpreter(Weighing, sizes).initial()
    assert str(caught.value) == "the first value: rounds = 2, but Round goes from 0 to 1"


def test_elements_need_sizes() -> None:
    with pytest.raises(SizeError) as caught:
        list(Acceptor)
    assert str(caught.value) == (
        "Acceptor has no size here: run inside `with YourProtocol.sized(Acceptor=...):`"
    )
