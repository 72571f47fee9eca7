"""One root for every error, and a family for each who can do something about it."""

from __future__ import annotations

import pytest

import quorate
from quorate.checker.cli.failures import failure_of
from quorate.checker.conform.adapter import AdapterError
from quorate.checker.errors import InputError
from quorate.checker.explore.paths import ExplorationError
from quorate.checker.prove.bounded.results import DisagreementError
from quorate.impl.errors import ImplError, StorageError
from quorate.model.language import ModelError, SizeError, StepError
from quorate.traces import TraceError

FAMILIES = {
    quorate.ProtocolError: (ModelError, StepError),
    quorate.ArgumentError: (InputError, SizeError, TraceError),
    quorate.ImplementationError: (ImplError, StorageError, AdapterError),
    quorate.InternalError: (DisagreementError, ExplorationError),
}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_every_error_has_its_family(family: type[quorate.QuorateError]) -> None:
    assert issubclass(family, quorate.QuorateError)
    for error in FAMILIES[family]:
        assert issubclass(error, family)
        others = [f for f in FAMILIES if f is not family and issubclass(error, f)]
        assert others == ([quorate.ArgumentError] if error is AdapterError else [])


def test_all_are_caught_by_the_root() -> None:
    with pytest.raises(quorate.QuorateError):
        quorate.check("nonsense")
    with pytest.raises(quorate.QuorateError):
        quorate.check("Paxos", sizes={"Acceptor": 0})


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StepError("no value"), 3),
        (InputError("no file"), 2),
        (SizeError("no size"), 2),
        (ImplError("no answer"), 2),
        (ExplorationError("no path"), 70),
        (ValueError("no idea"), 70),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_family_has_an_exit_code(error: Exception, code: int) -> None:
    assert failure_of(error).code == code
