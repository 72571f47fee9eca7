"""`quorate.verify`: all checks of a protocol at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError
from quorate.checker.rendering import verification, verification_json
from quorate.checker.rendering.cases.verification import of_verification
from quorate.checker.rendering.output import Output
from quorate.checker.reports.cases import Suite
from quorate.checker.verify import (
    Counterexample,
    Verification,
    VerifiedSystem,
    VerifyStatus,
    counterexamples_in,
    verify_bundled,
    verify_protocol,
)
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace

from ._check import Report, loaded, sized
from .results import Result
from .searches import Folder


@dataclass(frozen=True, repr=False)
class VerifyResult(Result):
    """The results of all checks: `verification` has a row for each, and one for each mutant."""

    verification: Verification

    @property
    def holds(self) -> bool:
        found = self.verification
        return found.status() is VerifyStatus.HOLDS and not found.unproved

    @property
    def violation(self) -> str | None:
        return verification.finding_line(self.verification)

    @property
    def trace(self) -> Trace | None:
        runs = (r for p in self.verification.protocols for r in p.of(Counterexample))
        return next((r.trace for r in runs if r.trace is not None), None)

    @property
    def suites(self) -> tuple[Suite, ...]:
        return of_verification(self.verification)

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        """The result as plain data, with the names of the files that `verify` wrote."""
        return verification_json.as_json(self.verification)

    def show(self, out: Output) -> None:
        verification.show(out, self.verification)


def verify(
    protocol: type[Protocol] | str | None = None,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    folder: Folder = ".quorate",
    everything: bool = False,
    caching: bool = True,
    report: Report | None = None,
) -> VerifyResult:
    """Explore a protocol, check the states with Z3, prove it at these sizes and at any.

    A counterexample is written to `folder`, and replayed on the bundled implementation if there is
    one. Without a protocol, this is done with the bundled Paxos, Multi-Paxos and Raft, whose
    implementations must follow runs of the models. Leaders must be found to outbid each other for
    ever, unless one of them is stable. Then real bugs are seeded: each must be found in the model,
    refused by healthy code and reproduced by code with the same bug. With `everything`, that takes
    minutes: all of these bugs, and leases. With `caching`, proofs of bundled protocols for any size
    are those of an earlier run, if nothing has changed that they depend on. `report` is called with
    each protocol as it begins, with each row as it is found, and with the progress in between.

    Raises ModelError, SizeError, InputError.
    """
    started = time.perf_counter()
    inform, target = report or _silent, Path(folder)
    if protocol is None:
        if sizes or faults:
            raise InputError("sizes are for a protocol: quorate verify PROTOCOL -s ...")
        systems = verify_bundled(counterexamples_in(target), everything, inform, caching)
    else:
        if everything:
            raise InputError("--all is for the bundled systems: give it without PROTOCOL")
        described = loaded(protocol)
        bounds = sized(described, sizes, faults)
        verified = verify_protocol(described, bounds, counterexamples_in(target), inform)
        systems = [VerifiedSystem(None, (verified,))]
    spent = time.perf_counter() - started
    return VerifyResult(Verification(tuple(systems), spent, target))


def _silent(_: object) -> None:
    """Report nothing."""
