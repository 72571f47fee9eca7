"""`quorate.export_tla`."""

from __future__ import annotations

from pathlib import Path

import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.model.paxos import Paxos

SIZES = {"Acceptor": 3, "Ballot": 2, "Value": 2}


def test_a_module_and_its_configuration(tmp_path: Path) -> None:
    found = quorate.export_tla(Paxos, sizes=SIZES, name="P")
    assert found.module.lstrip("-").lstrip().startswith("MODULE P")
    assert found.configuration is not None and "CONSTANT" in found.configuration
    assert found.write(tmp_path) == tmp_path / "P.tla"
    assert (tmp_path / "P.tla").read_text() == str(found) == found.module
    assert (tmp_path / "P.cfg").read_text() == found.configuration


def test_without_sizes_there_is_no_configuration(tmp_path: Path) -> None:
    found = quorate.export_tla("Paxos")
    assert found.configuration is None and found.name == "Paxos"
    found.write(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["Paxos.tla"]


@pytest.mark.parametrize("name", ["Naturals", "MODULE", "a b"])
def test_a_name_that_no_module_may_have(name: str) -> None:
    with pytest.raises(InputError, match=f"`{name}` cannot be the name of a TLA"):
        quorate.export_tla(Paxos, sizes=SIZES, name=name)
