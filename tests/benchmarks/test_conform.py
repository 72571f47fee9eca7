"""How fast an implementation is driven, through the public API; nothing is asserted.

Processor time of this process alone, since the machine may be busy with others.
"""

from __future__ import annotations

import time

import pytest

import quorate

from .report import section

PAXOS = {"Acceptor": 3, "Ballot": 2, "Value": 2}
ROLES = {"Proposer": 1, "Acceptor": 2, "Learner": 1, "Ballot": 2, "Value": 1}


@pytest.mark.benchmark
def test_driving_the_bundled_implementation() -> None:
    lines = []
    for name, sizes, faults in (("Paxos", PAXOS, {}), ("PaxosRoles", ROLES, {"crash": 1})):
        for probes in (False, True):
            began = time.process_time()
            found = quorate.conform(
                name, sizes=sizes, faults=faults, probes=probes, seconds=600
            ).conformance
            took = time.process_time() - began
            done = found.steps + found.probes
            lines.append(
                f"{name:10} {found.driven:6,} of {found.transitions:6,} transitions, "
                f"{found.probes:6,} probes: {took:5.2f} s, {done / took:7,.0f} compared a second"
            )
    section("Driving the bundled implementation", lines)
