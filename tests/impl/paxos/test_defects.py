"""Each defect breaks agreement in a short script that the healthy composition survives."""

from __future__ import annotations

import copy

import pytest

from quorate.impl.paxos import HEALTHY, Acceptor, Ballot, Learner, Proposer
from quorate.impl.paxos.defects import COMPOSITIONS, DEFECTS


def two_rounds(stage):
    """A value is chosen, then another proposer runs both phases."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0", "a1")
    stage.prepare("q", 2, "a1", "a2")
    stage.propose("q", "y", "a1", "a2")


def three_rounds(stage):
    """The lower vote was never chosen; the higher one was."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0")
    stage.prepare("q", 2, "a1", "a2")
    stage.propose("q", "y", "a1", "a2")
    stage.prepare("r", 3, "a0", "a1")
    stage.propose("r", "z", "a0", "a1")


def overwritten_vote(stage):
    """An acceptor votes in ballot 3, then gets a delayed ACCEPT of ballot 2."""
    stage.prepare("q", 2, "a0", "a1")
    stage.prepare("r", 3, "a1", "a2")
    stage.propose("r", "z", "a0", "a2")
    stage.propose("q", "y", "a0")
    stage.prepare("p", 4, "a0", "a1")
    stage.propose("p", "x", "a0", "a1")


def late_accept(stage):
    """A delayed ACCEPT arrives after a higher ballot decided."""
    stage.prepare("p", 1, "a0", "a1")
    stage.prepare("q", 2, "a1", "a2")
    stage.propose("q", "y", "a1", "a2")
    stage.propose("p", "x", "a0", "a1")


def late_prepare(stage):
    """A delayed PREPARE of a lower ballot arrives between the phases of a higher one."""
    stage.prepare("q", 2, "a0", "a1")
    stage.prepare("p", 1, "a1", "a2")
    stage.propose("p", "x", "a1", "a2")
    stage.propose("q", "y", "a0", "a1")


def late_prepare_after_restart(stage):
    """The same, with a restart of the acceptor that both asked."""
    stage.prepare("q", 2, "a0", "a1")
    stage.restart("a1")
    stage.prepare("p", 1, "a1", "a2")
    stage.propose("p", "x", "a1", "a2")
    stage.propose("q", "y", "a0", "a1")


def restart_between_rounds(stage):
    """The only acceptor that both quorums share restarts in between."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0", "a1")
    stage.restart("a1")
    stage.prepare("q", 2, "a1", "a2")
    stage.propose("q", "y", "a1", "a2")


def unprepared(stage):
    """A proposer that heard no promise proposes."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0", "a1")
    stage.prepare("q", 2)
    stage.propose("q", "y", "a1", "a2")


def one_vote_each(stage):
    """Each value gets one vote."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0")
    stage.prepare("q", 2, "a1", "a2")
    stage.propose("q", "y", "a1")


def doubled_promise(stage):
    """One acceptor's promise arrives twice."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0", "a1")
    stage.prepare("q", 2, "a2", copies=2)
    stage.propose("q", "y", "a1", "a2")


def doubled_vote(stage):
    """One acceptor's vote arrives twice."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0", copies=2)
    stage.prepare("q", 2, "a1", "a2")
    stage.propose("q", "y", "a1", "a2")


def shared_ballot(stage):
    """Two proposers take one ballot."""
    stage.prepare("p", 1, "a0", "a1")
    stage.prepare("q", 1, "a1", "a2", owner="p")
    stage.propose("p", "x", "a0")
    stage.propose("q", "y", "a2")


def ballot_after_restart(stage):
    """A proposer restarts, and prepares its ballot once more."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0")
    stage.restart("p")
    stage.prepare("p", 1, "a1", "a2")
    stage.propose("p", "y", "a2")


def stale_promise(stage):
    """A promise of a proposer's first ballot arrives in its second."""
    stage.prepare("p", 1, late=("a0",))
    stage.prepare("q", 2, "a0", "a2")
    stage.propose("q", "y", "a0", "a2")
    stage.prepare("p", 3, "a1")
    stage.hear("p", "a0", Ballot(1, "p"))
    stage.propose("p", "x", "a0", "a1")


def late_promise(stage):
    """A promise with a vote arrives when a value is proposed, and there is another proposal."""
    stage.prepare("q", 1, "a1", "a2")
    stage.propose("q", "y", "a2")
    stage.prepare("p", 2, "a0", "a1", late=("a2",))
    stage.propose("p", "x", "a0")
    stage.hear("p", "a2", Ballot(2, "p"))
    stage.propose("p", "z", "a2")


def a_vote_in_each_ballot(stage):
    """One value gets one vote in each of two ballots."""
    stage.prepare("p", 1, "a0", "a1")
    stage.propose("p", "x", "a0")
    stage.prepare("q", 2, "a0", "a1")
    stage.propose("q", "y", "a1")


SCRIPTS = {
    "half-votes-counted": one_vote_each,
    "ballot-of-another": shared_ballot,
    "round-not-persisted": ballot_after_restart,
    "stale-promise-counted": stale_promise,
    "late-promise-heeded": late_promise,
    "votes-added-up": a_vote_in_each_ballot,
    "lowest-accepted-ballot": three_rounds,
    "ignores-accepted-values": two_rounds,
    "promise-omits-vote": two_rounds,
    "accept-does-not-raise-promise": overwritten_vote,
    "accept-ignores-promise": late_accept,
    "promise-for-any-ballot": late_prepare,
    "promise-not-recorded": late_prepare,
    "phase-two-without-phase-one": unprepared,
    "disjoint-quorums": one_vote_each,
    "duplicate-promise-counted": doubled_promise,
    "duplicate-accepted-counted": doubled_vote,
    "promise-lost-on-restart": late_prepare_after_restart,
    "promise-restored-from-vote": late_prepare_after_restart,
    "vote-lost-on-restart": restart_between_rounds,
    "all-lost-on-restart": restart_between_rounds,
}


def test_every_defect_has_a_script():
    assert set(SCRIPTS) == set(DEFECTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_script_breaks_the_defect(name, staged):
    stage = staged(DEFECTS[name])
    SCRIPTS[name](stage)
    assert not stage.agrees
    assert stage.refused == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_healthy_composition_survives_the_script(name, staged):
    stage = staged(HEALTHY)
    SCRIPTS[name](stage)
    assert stage.agrees, (stage.chosen, stage.learner.committed, stage.violation)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_one_override(name):
    defect = DEFECTS[name]
    assert defect.name == name and defect.title and defect.reference
    roles = [(defect.proposer, Proposer), (defect.acceptor, Acceptor), (defect.learner, Learner)]
    overridden = [
        method
        for role, healthy in roles
        if role is not healthy
        for method in vars(role)
        if not method.startswith("__")
    ]
    changed_quorums = defect.quorums != HEALTHY.quorums
    assert len(overridden) + changed_quorums == 1
    assert all(
        hasattr(healthy, m) for m in overridden for _, healthy in roles if m in vars(healthy)
    )


def test_the_registry_has_the_healthy_one_too():
    assert COMPOSITIONS["healthy"] is HEALTHY
    assert set(COMPOSITIONS) == {"healthy", *DEFECTS}


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_every_role_can_be_copied_in_mid_run(name, staged):
    stage = staged(COMPOSITIONS[name])
    stage.prepare("p", 1, "a0", "a1")
    twin = copy.deepcopy(stage)
    twin.propose("p", "x", "a0", "a1")
    assert stage.proposers["p"].proposed is None
    assert all(acceptor.accepted is None for acceptor in stage.acceptors.values())
