"""Multi-Paxos in the simulated world: repeatable; what its clients saw is linearizable."""

from __future__ import annotations

from functools import partial

import pytest

from quorate.checker.conform.histories.checking import HistoryVerdict
from quorate.impl.errors import ConfigError
from quorate.impl.multipaxos.__main__ import main
from quorate.impl.multipaxos.defects import COMPOSITIONS, IN_RUNS
from quorate.impl.multipaxos.simulate import simulate_multipaxos
from quorate.impl.replicated.parts import Outgoing
from quorate.impl.simulation.faults import Faults
from quorate.impl.simulation.plan import ROUGH
from tests.support.histories import judged


@pytest.fixture
def check(tmp_path):
    def checked(seeds, nodes=3, spares=0, undecided=0):
        """Every run is safe and ends, and most are rough enough to show something."""
        reports = [simulate_multipaxos(nodes, seed, ROUGH, spares) for seed in seeds]
        assert [r.violation for r in reports] == [None] * len(reports)
        assert all(r.finished for r in reports)
        unknown = 0
        for report in reports:
            verdict = judged(tmp_path / f"{report.seed}.jsonl", report.history)
            assert verdict is not HistoryVerdict.NOT_LINEARIZABLE, report.seed
            unknown += verdict is HistoryVerdict.UNKNOWN
        assert unknown <= undecided
        assert all(r.committed > 0 for r in reports)
        assert sum(r.terms > 1 and r.crashes > 1 for r in reports) > 0.8 * len(reports)
        return reports

    return checked


def test_rough_times(check):
    reports = check(range(10))
    assert reports[0] == simulate_multipaxos(3, 0, ROUGH)


def test_rough_times_with_other_acceptors_now_and_then(check, monkeypatch):
    monkeypatch.setattr(Outgoing, "most_bytes", 100)
    check(range(5), spares=3)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("nodes", "spares"), [(1, 0), (2, 0), (3, 0), (5, 0), (1, 2), (3, 2), (3, 3)]
)
def test_rough_times_at_length(check, nodes, spares, monkeypatch):
    monkeypatch.setattr(Outgoing, "most_bytes", 100)
    # Of one node that is down for long, clients give up many calls: too many orders to try.
    check(range(20, 120), nodes, spares, undecided=50 if nodes == 1 and spares else 0)


def test_a_kind_world_needs_one_ballot():
    report = simulate_multipaxos(5, 1, Faults(active_s=0, max_delay_s=0.005))
    assert (report.terms, report.given_up) == (1, 0)
    assert report.committed == 30  # one slot a call: nothing waits for the window


#: Among these seeds, with so many acceptors and spares, one finds the defect.
FOUND = {
    "fills-what-is-voted": (3, 0, range(60)),
    "disjoint-quorums": (3, 0, range(60)),
    "duplicate-promise-counted": (5, 0, range(60)),
    "executes-past-holes": (3, 0, range(60)),
    "snapshot-without-sessions": (3, 0, range(60)),
    "half-votes-counted": (3, 0, range(60)),
    "duplicate-vote-counted": (5, 0, range(60)),
    "trusts-any-vote": (3, 0, range(60)),
    "trims-in-silence": (3, 3, range(200)),
    "reconfigures-at-once": (3, 3, range(200)),
}
RARE = list(FOUND)[-5:]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.exhaustive) if n in RARE else n for n in FOUND]
)
def test_seeds_find_a_defect(name):
    nodes, spares, seeds = FOUND[name]
    run = partial(simulate_multipaxos, nodes, faults=ROUGH, spares=spares)
    assert any(run(seed=seed, composition=COMPOSITIONS[name]).violation for seed in seeds)


def test_holes_that_nobody_fills_leave_clients_without_answers():
    """A command of theirs may be in a slot after a hole, where it is never executed."""
    holes = COMPOSITIONS["skips-recovered-slots"]
    for seed in range(60):
        if simulate_multipaxos(3, seed, ROUGH, composition=holes).given_up > 10:
            break
    assert simulate_multipaxos(3, seed, ROUGH).given_up <= 10


def test_every_defect_that_shows_in_runs_only_is_among_them():
    """Who decides after a change is asked for by a model, an exchange a step."""
    of_members = {"keeps-its-ballot", "old-acceptors-decide", "new-acceptors-decide"}
    assert {*FOUND, "skips-recovered-slots", *of_members} == IN_RUNS


def test_the_command_prints_how_to_run_a_failing_seed_again(capsys, tmp_path):
    options = ["--impl", "executes-past-holes"]
    assert main(["--seeds", "2", *options]) == 1
    problem, again, *_, verdict = capsys.readouterr().out.splitlines()
    assert verdict.startswith("✗ ") and verdict.endswith(" of 2 seeds failed")
    assert again.startswith("  python -m quorate.impl.multipaxos --seed ")
    assert again.endswith(" --impl executes-past-holes")
    assert main(again.split()[3:]) == 1
    assert capsys.readouterr().out == f"{problem}\n"
    file = tmp_path / "history.jsonl"
    assert main(["--seed", "3", "--history", str(file)]) == 0
    assert capsys.readouterr().out.startswith("✓ ")
    assert len(file.read_text().splitlines()) > 50


@pytest.mark.parametrize("arguments", [["--seeds", "0"], ["--nodes", "0"]])
def test_bad_arguments(arguments, capsys):
    assert main(arguments) == 2
    assert "at least" in capsys.readouterr().err


def test_what_cannot_be_run_is_said():
    with pytest.raises(ConfigError, match="leave unsynced out"):
        simulate_multipaxos(faults=Faults(unsynced=True))
