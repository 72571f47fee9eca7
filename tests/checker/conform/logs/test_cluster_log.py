"""The journals of the bundled implementation: what its nodes did is a run of Paxos, or is not."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.api._validate import ValidateResult
from quorate.checker.errors import InputError
from quorate.impl.cluster.paxos_cluster import run_cluster
from quorate.impl.durable.journal import FileJournal
from quorate.impl.paxos.composition import HEALTHY, Composition
from quorate.impl.paxos.defects import COMPOSITIONS
from quorate.impl.paxos.simulate import simulate
from quorate.impl.simulation.faults import HEAVY, Faults

CALM = Faults(crashes=4, downtime_s=0.2, torn_writes=0.02, max_delay_s=0.02)


def journals(
    folder: Path, seed: int, faults: Faults = CALM, composition: Composition = HEALTHY
) -> list[Path]:
    """Each node's file, of a simulated run."""
    lines: dict[str, list[str]] = defaultdict(list)

    def journal(line: Mapping[str, Any]) -> None:
        lines[line["node"]].append(f"{json.dumps(line)}\n")

    simulate(3, seed, faults, composition=composition, journal=journal)
    paths = []
    for node, found in sorted(lines.items()):
        paths.append(folder / f"{node}.jsonl")
        paths[-1].write_text("".join(found))
    return paths


def validated(paths: list[Path], **sizes: int) -> ValidateResult:
    return quorate.validate(paths, "Paxos", mapping="cluster", sizes=sizes)


def verdict(result: ValidateResult) -> str:
    return result.validation.verdict.value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_the_simulated_nodes_did_is_a_run(seed: int, tmp_path: Path) -> None:
    result = validated(journals(tmp_path, seed))
    assert result.holds, result
    assert result.validation.steps >= 6
    written = result.to_shiviz().splitlines()
    assert len(written) == 2 * result.validation.lines
    assert any(len(json.loads(x.split(" ", 1)[1])) == 3 for x in written[::2])


def test_dozens_of_ballots_are_read(tmp_path: Path) -> None:
    faults = Faults(crashes=9, loss=0.95, max_delay_s=0.5, active_s=15)
    result = validated(journals(tmp_path, 5, faults))
    assert result.holds
    assert dict(result.sizes)["Ballot"] > 50


def test_ballots_beyond_the_model_are_no_violation(tmp_path: Path) -> None:
    result = validated(journals(tmp_path, 1, HEAVY), Ballot=3)
    assert verdict(result) == "inconclusive"
    assert result.validation.beyond
    assert "1.n2 is b3" in repr(result)


def test_a_wrong_record_is_found_in_whichever_file(tmp_path: Path) -> None:
    paths = journals(tmp_path, 1)
    lines = [json.loads(line) for line in paths[1].read_text().splitlines()]
    acceptor = [k for k, x in enumerate(lines) if x.get("role") == "acceptor"]
    promised = lines[acceptor[-1]]["record"]["promised"]
    promised["round"], wrong = promised["round"] + 1, acceptor[-1] + 1
    paths[1].write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    found = validated(paths).validation.failure
    assert found is not None
    assert (found.place.file, found.place.line) == (str(paths[1]), wrong)


@pytest.mark.parametrize(
    "defect",
    [
        "vote-lost-on-restart",
        pytest.param("promise-not-recorded", marks=pytest.mark.exhaustive),
    ],
)
def test_what_nodes_with_a_defect_did_is_no_run(defect: str, tmp_path: Path) -> None:
    rough = Faults(
        crashes=12, downtime_s=0.1, torn_writes=0.05, loss=0.1, duplication=0.2, max_delay_s=0.1
    )
    paths = journals(tmp_path, 0, rough, COMPOSITIONS[defect])
    assert verdict(validated(paths, Ballot=8, Value=3)) == "unexplained"
    assert validated(journals(tmp_path, 0, rough), Ballot=8, Value=3).holds


def test_a_real_cluster_keeps_journals(tmp_path: Path) -> None:
    run_cluster(3, "blue", tmp_path, kill=1, journal=True)
    paths = [tmp_path / f"n{k}" / "journal.jsonl" for k in range(3)]
    assert validated(paths).holds


def test_a_journal_that_was_cut_goes_on_in_a_line_of_its_own(tmp_path: Path) -> None:
    paths = journals(tmp_path, 1)
    whole = paths[0].read_text()
    again = next(x for x in whole.splitlines() if '"started"' in x)
    paths[0].write_text(f'{again}\n{{"node": "n0", "event": "rec')
    journal = FileJournal(paths[0])
    journal(json.loads(again))
    journal.close()
    assert paths[0].read_text().count("\n") == 3
    result = quorate.validate(paths[0], "Paxos", mapping="cluster")
    assert [p.line for p in result.validation.torn] == [2]


def test_what_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for line, message in (
        ({"node": "n0"}, 'no "node" or no "event"'),
        ({"node": "n0", "event": "slept"}, "the event 'slept'"),
        ({"node": "n0", "event": "persisted", "role": "acceptor"}, "record: found None"),
        (
            {"node": "n0", "event": "persisted", "role": "acceptor", "record": {}},
            "the mapping cannot read it: KeyError: 'accepted'",
        ),
    ):
        path.write_text(f"{json.dumps(line)}\n")
        with pytest.raises(InputError, match=message):
            validated([path])
