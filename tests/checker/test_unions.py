"""Values of unions outside of searches: in traces, in JSON, in logs, in proofs, narrowed."""

from __future__ import annotations

import pytest

from quorate.checker.conform.adapters.json_values import read, written
from quorate.checker.conform.logs.values import ModelValues
from quorate.checker.prove.unbounded.proof import prove_unbounded
from quorate.checker.tracing.reading import NotAValueError, TraceReader
from quorate.checker.tracing.values import show_state
from quorate.model.language.description import describe

from ..support.oracle import consult
from ..support.protocols.unions import Unions

SIZES = {"Server": 1, "Client": 1, "Index": 1}


def test_values_come_back_from_traces_json_and_logs() -> None:
    sizes = Unions.sized(**SIZES)
    d = describe(Unions)
    states = consult(Unions, sizes, 200).states
    with sizes:
        reader, logged = TraceReader(), ModelValues()
        for state in states:
            shown = show_state(d, state)
            assert reader.state(d, shown) == state
            for v in d.variables:
                assert read(written(shown[v.name]), v.type) == shown[v.name]
                if v.name != "sent":
                    assert logged.value(shown[v.name], v.type) == shown[v.name]


def test_what_is_of_none_of_the_types_is_refused() -> None:
    owner = describe(Unions).variable("owner")
    wanted = r"found on, expected a Client \| Server, which is of none"
    with Unions.sized(**SIZES), pytest.raises(NotAValueError, match=wanted):
        TraceReader().value("on", owner.type)


def test_proofs_for_any_size_refuse_them_by_name() -> None:
    assert prove_unbounded(Unions, refute=False).unsupported == (
        "not supported by proofs for any size: unions of type Client | Server (variable `owner`)"
    )
