"""`quorate.export_tla`."""

from __future__ import annotations

import quorate
from quorate.model.paxos import Paxos


def test_a_module_and_its_configuration() -> None:
    found = quorate.export_tla(Paxos, sizes={"Acceptor": 3, "Ballot": 2, "Value": 2}, name="P")
    assert found.module.lstrip("-").lstrip().startswith("MODULE P")
    assert found.configuration is not None and "CONSTANT" in found.configuration
