"""Leaders that depose each other for ever, that a stable one ends it, and that both are of Raft."""

from __future__ import annotations

from typing import Any

import quorate
from quorate.checker.liveness.results import Ending, Lasso
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.raft_duel import RaftDuel, StableRaft
from quorate.model.raft_election import Role

SIZES = {"Server": 3, "Rank": 6}


def the_duel() -> Lasso:
    found = quorate.check(RaftDuel, sizes=SIZES)
    assert found.liveness is not None and found.states == 811
    (check,) = found.liveness.checks
    assert check.name == "something_is_committed" and check.lasso is not None
    return check.lasso


def ranked(raft: Interpreter, state: State) -> Any:
    """A state of Raft as the duel has it: ranks of its terms and last entries, and who leads."""
    has = dict(zip(raft.protocol.variables(), state, strict=False))
    terms = [t.index + 1 if t.index is not None else 0 for t in has["term"]]
    lasts = [log[-1].t.index + 1 if log else 0 for log in has["log"]]
    known = sorted({n for n in (*terms, *lasts) if n > 0})
    place = {0: 0, **{n: k + 1 for k, n in enumerate(known)}}
    leads = tuple(role == Role.LEADER for role in has["role"])
    return tuple(place[n] for n in terms), tuple(place[n] for n in lasts), leads


def test_raft_takes_the_loop_as_often_as_there_are_terms() -> None:
    lasso, rounds = the_duel(), 3
    assert lasso.ending is Ending.CYCLE
    moves = [*lasso.stem, *lasso.loop * rounds]
    elections = sum(m.action == "elect" for m in moves)
    sizes = AtomicRaft.sized({"crash": 0}, Server=3, Value=1, Term=elections, Index=1)
    with sizes:
        raft = Interpreter(AtomicRaft, sizes)
        (state,) = raft.initial()
        servers, values, terms = (
            sizes.elements[AtomicRaft.sorts()[name]] for name in ("Server", "Value", "Term")
        )
        used = 0
        for move in moves:
            s = servers[move.arguments[0].index]
            if move.action == "elect":
                voters = frozenset(servers[u.index] for u in move.arguments[1])
                step = ("elect", (s, terms[used], voters))
                used += 1
            else:
                assert move.action == "request"
                step = ("request", (s, values[0]))
            after = raft.step(state, *step)
            assert after is not None, move
            state = after
            assert ranked(raft, state) == tuple(move.state[:3])
        assert not any(state[list(AtomicRaft.variables()).index("commit")])


def test_a_stable_leader_ends_it() -> None:
    found = quorate.check(StableRaft, sizes={"Server": 2, "Rank": 4})
    assert found.holds and found.states == 51 and found.liveness is not None
