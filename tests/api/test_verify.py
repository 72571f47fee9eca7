"""`quorate.verify`: everything in one go, row by row."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.checker.explore.search.interface import Progress
from quorate.checker.liveness.results import Liveness
from quorate.checker.prove.bounded import InductiveCheck
from quorate.checker.prove.quorums import QuorumProof
from quorate.checker.prove.unbounded import Proof
from quorate.checker.rendering.document import envelope
from quorate.checker.results import Exploration
from quorate.checker.verify import (
    Begun,
    Counterexample,
    GraphSize,
    MutantResult,
    StateChecks,
    Verification,
    VerifiedSystem,
    VerifyStatus,
    Warned,
)
from quorate.model.language import step_property
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.traces import read_itf

from ..support.protocols.runs import Fork, Pings

TINY = {"Acceptor": 2, "Ballot": 1, "Value": 1}
CLIMB = str(Path(__file__).parents[1] / "checker" / "cli" / "climb.py")
STEPS = {"Step": 5, "Side": 2}
NOTHING = str(Path(__file__).parents[1] / "cases" / "models" / "no_invariant.py")


def validate(result: quorate.VerifyResult) -> None:
    schema = json.loads(
        files("quorate.checker.rendering").joinpath("quorate.schema.json").read_text()
    )
    told = json.loads(json.dumps(envelope("verify", 0, result.to_json())))
    jsonschema.Draft202012Validator(schema).validate(told)


def test_a_protocol_that_holds(tmp_path: Path) -> None:
    events: list[Any] = []
    result = quorate.verify(Paxos, sizes=TINY, folder=tmp_path, report=events.append)
    assert result.holds and result.violation is None and result.trace is None
    (paxos,) = result.verification.protocols
    kinds = [Exploration, GraphSize, StateChecks, InductiveCheck, QuorumProof, QuorumProof, Proof]
    assert [type(row) for row in paxos.rows if not isinstance(row, Warned)] == kinds
    assert events[0] == Begun(Paxos, paxos.sizes)
    assert [e for e in events[1:] if not isinstance(e, Progress)] == list(paxos.rows)
    assert list(tmp_path.iterdir()) == []
    shown = repr(result).splitlines()
    assert shown[0] == "Paxos  Acceptor=2, Ballot=1, Value=1"
    assert shown[1].startswith("  ✓ explored: ")
    assert shown[-1].startswith("✓ everything holds (")
    validate(result)
    result.raise_for_violation()


def test_a_counterexample_is_kept(tmp_path: Path) -> None:
    result = quorate.verify(CLIMB, sizes=STEPS, folder=tmp_path / "new")
    assert not result.holds and result.verification.status() is VerifyStatus.VIOLATED
    assert result.violation == "Climb: low is violated after 4 steps"
    (row,) = result.verification.protocols[0].of(Counterexample)
    assert row.file == tmp_path / "new" / "Climb-low.itf.json"
    assert result.trace is row.trace is not None
    assert len(read_itf(row.file).steps) == row.depth == 4
    assert result.to_json()["protocols"][0]["trace"] == str(row.file)
    with pytest.raises(quorate.ViolationError, match="low is violated"):
        result.raise_for_violation()
    validate(result)


def test_what_is_open_does_not_hold(tmp_path: Path) -> None:
    result = quorate.verify(NOTHING, sizes={"P": 2}, folder=tmp_path)
    assert not result.holds and result.violation is None
    assert result.verification.status() is VerifyStatus.HOLDS
    assert result.verification.status(strict=True) is VerifyStatus.INCONCLUSIVE
    assert any("nothing is claimed" in text for text in result.verification.unproved)


def test_a_bug_that_is_not_found_does_not_conform(tmp_path: Path) -> None:
    m = next(m for m in MUTANTS.values() if m.code == "P11")
    sought: dict[str, Any] = {
        "name": m.name,
        "code": m.code,
        "title": m.title,
        "reference": m.reference,
        "violates": "agreement",
        "sizes": {},
        "states": 1,
        "steps": None,
        "trace": None,
        "healthy": None,
        "broken": None,
        "defect": "disjoint-quorums",
        "seconds": 0.0,
    }
    paxos = VerifiedSystem("Paxos", (), None, (MutantResult(**sought),))
    result = quorate.VerifyResult(Verification((paxos,), 0.0, tmp_path))
    assert result.verification.status() is VerifyStatus.NONCONFORMING
    said = "P11 is not found, refused by healthy code and reproduced by disjoint-quorums"
    assert result.violation == said
    validate(result)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "name",
    [
        "no_such_mutant",  # what a process raises is raised
        pytest.param(
            next(m.name for m in MUTANTS.values() if m.code == "P11"),
            marks=pytest.mark.exhaustive,  # `quorate verify` tries it every day
        ),
    ],
)
def test_mutants_are_tried_from_any_program(name: str, tmp_path: Path) -> None:
    """One that is read from standard input cannot be imported again."""
    program = (
        "from pathlib import Path\n"
        "from quorate.checker.verify.mutants import try_mutant\n"
        "from quorate.checker.workers import workers\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "with workers(1, try_mutant) as tried:\n"
        "    try:\n"
        f"        print(tried({name!r}, folder).result().as_expected)\n"
        "    except KeyError as error:\n"
        "        print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True, check=True
    )
    said = "'no_such_mutant'" if name == "no_such_mutant" else "True"
    assert (done.stdout, done.stderr) == (f"{said}\n", "")


def test_mistakes_are_raised(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sizes are for a protocol"):
        quorate.verify(sizes=TINY)
    with pytest.raises(InputError, match="--all is for the bundled systems"):
        quorate.verify(Paxos, sizes=TINY, everything=True)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write counterexamples here"):
        quorate.verify(Paxos, sizes=TINY, folder=tmp_path / "file")


def test_properties_of_runs_and_deadlocks_are_verified(tmp_path: Path) -> None:
    result = quorate.verify(Fork, sizes={"Proc": 2}, folder=tmp_path)
    (verified,) = result.verification.protocols
    assert result.verification.status() is VerifyStatus.VIOLATED
    assert "Fork: all_are_served(p0) is violated" in str(result.violation)
    (found,) = verified.of(Liveness)
    assert len(found.checks) == 7
    assert (tmp_path / "Fork-all_are_served.itf.json").is_file()
    validate(result)
    document = result.to_json()["protocols"][0]
    assert document["run"]["loop"] == 2 and document["graph"]["resting"] == 0
    calm = quorate.verify(Calm, sizes={"Proc": 1, "Turn": 1}, folder=tmp_path)
    assert "no deadlock: something can happen in every state that is not final" in repr(calm)
    assert calm.verification.status() is VerifyStatus.HOLDS


class Calm(Pings):
    @step_property
    def one_at_a_time(self, old: Calm) -> bool:
        return True
