"""The duel of two proposers: an endless one, its end by election, and that both are of Paxos."""

from __future__ import annotations

from typing import Any

import pytest

import quorate
from quorate.checker.liveness.results import Ending, Lasso
from quorate.model.duel import HIGH, Duel, ElectedDuel, Proposer
from quorate.model.duel import Acceptor as DuelAcceptor
from quorate.model.language import action
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.paxos import Accept, Accepted, Promise

from ...support.protocols.two_proposers import TwoProposers

SIZES = {"Proposer": 2, "Acceptor": 3}
Ranked = tuple[Any, ...]


class StrongDuel(Duel):
    """The same with strong fairness."""

    @action(fair="strong", fair_for="p")
    def prepare(self, p: Proposer) -> None:
        super().prepare(p)

    @action(fair="strong", fair_for=("p", "a"))
    def promise(self, p: Proposer, a: DuelAcceptor) -> None:
        super().promise(p, a)

    @action(fair="strong", fair_for="p")
    def propose(self, p: Proposer) -> None:
        super().propose(p)

    @action(fair="strong", fair_for=("p", "a"))
    def accept(self, p: Proposer, a: DuelAcceptor) -> None:
        super().accept(p, a)


def the_duel(protocol: type[Duel] = Duel) -> Lasso:
    result = quorate.check(protocol, sizes=SIZES, deadlock=True)
    assert (result.outcome, result.states) == ("violated", 3_281)
    assert result.liveness is not None
    (check,) = result.liveness.checks
    assert check.lasso is not None and check.lasso.ending is Ending.CYCLE
    return check.lasso


def test_the_duel_goes_on_for_ever() -> None:
    lasso = the_duel()
    assert (len(lasso.stem), len(lasso.loop)) == (3, 5)
    outbidding = [m.arguments for m in lasso.loop if m.action == "prepare"]
    assert len(outbidding) == 2 and outbidding[0] != outbidding[1]


@pytest.mark.exhaustive
def test_strong_fairness_does_not_end_it() -> None:
    taken = {(m.action, m.arguments) for m in the_duel(StrongDuel).loop}
    assert len(taken) == 16  # everything is


def test_an_election_ends_it() -> None:
    result = quorate.check(ElectedDuel, sizes=SIZES, deadlock=True)
    assert (result.outcome, result.states) == ("holds", 9_843)


# ---------------------------------------------------------------- the duel is one of Paxos


def plain(value: Any) -> Any:
    """A value with elements by their numbers: the two protocols have sorts of their own."""
    if isinstance(value, (tuple, frozenset)):
        return type(value)(map(plain, value))
    return getattr(value, "index", value) if not isinstance(value, int) else value


def ranked(state: State) -> Ranked:
    """A state of Paxos by two proposers as the duel has it, without what is decided."""
    max_bal, _, _, sent, owner = state
    used = [max((b for b, p in enumerate(owner) if plain(p) == o), default=None) for o in (0, 1)]
    known = sorted(b for b in used if b is not None)
    place = {b: HIGH - k for k, b in enumerate(reversed(known))}

    def by(kind: type, b: int | None) -> frozenset[int]:
        return frozenset(m.a.index for m in sent if isinstance(m, kind) and m.b.index == b)

    return (
        tuple(place.get(b, 0) for b in used),  # type: ignore[arg-type]
        tuple(place.get(b.index, 0) for b in max_bal),
        tuple(by(Promise, b) for b in used),
        tuple(any(isinstance(m, Accept) and m.b.index == b for m in sent) for b in used),
        tuple(by(Accepted, b) for b in used),
    )


def is_decided(state: State, majority: int) -> bool:
    votes = [m.b for m in state[3] if isinstance(m, Accepted)]
    return any(votes.count(b) >= majority for b in votes)


def duel_steps(duel: Interpreter, state: Ranked) -> set[Ranked]:
    """The states after one step of the duel, from an undecided one."""
    elements = [frozenset(duel.sizes.elements[DuelAcceptor][k] for k in s) for s in state[2]]
    accepted = [frozenset(duel.sizes.elements[DuelAcceptor][k] for k in s) for s in state[4]]
    full = (*state[:2], tuple(elements), state[3], tuple(accepted), False)
    return {plain(after[:5]) for _, _, after in duel.successors(full)}


def compare(acceptors: int, ballots: int) -> int:
    """Check that both have the same steps from each state; returns how many states Paxos has."""
    concrete = TwoProposers.sized(Proposer=2, Acceptor=acceptors, Ballot=ballots, Value=1)
    abstract = Duel.sized(Proposer=2, Acceptor=acceptors)
    majority = acceptors // 2 + 1
    with concrete:
        paxos = Interpreter(TwoProposers, concrete)
        seen = dict.fromkeys(paxos.initial())
        edges: dict[State, set[State]] = {}
        for state in (queue := list(seen)):
            if is_decided(state, majority):
                continue
            edges[state] = {after for _, _, after in paxos.successors(state)}
            new = [s for s in edges[state] if s not in seen]
            seen |= dict.fromkeys(new)
            queue += new
    known: dict[Ranked, set[Ranked]] = {}
    with abstract:
        duel = Interpreter(Duel, abstract)
        for state, following in edges.items():
            here, reached = ranked(state), {ranked(s) for s in following}
            steps = known.setdefault(here, duel_steps(duel, here))
            assert reached <= {here, *steps}  # what Paxos can do, the duel can
            if None in state[4]:  # and the other way round, while there are ballots
                assert steps <= reached
    return len(seen)


def test_the_duel_has_the_steps_of_paxos() -> None:
    assert compare(acceptors=2, ballots=2) > 50


@pytest.mark.exhaustive
@pytest.mark.parametrize(("acceptors", "ballots"), [(2, 3), (2, 4), (3, 2), (3, 3)])
def test_and_with_larger_bounds(acceptors: int, ballots: int) -> None:
    assert compare(acceptors, ballots) > 500


def test_paxos_takes_the_loop_as_often_as_there_are_ballots() -> None:
    lasso, rounds = the_duel(), 4
    moves = [*lasso.stem, *lasso.loop * rounds]
    ballots = sum(m.action == "prepare" for m in moves)
    sizes = TwoProposers.sized(Proposer=2, Acceptor=3, Ballot=ballots, Value=1)
    with sizes:
        paxos = Interpreter(TwoProposers, sizes)
        (state,) = paxos.initial()
        proposers, acceptors, given, values = (
            sizes.elements[TwoProposers.sorts()[name]]
            for name in ("Proposer", "Acceptor", "Ballot", "Value")
        )
        current: dict[int, Any] = {}
        for move in moves:
            p = move.arguments[0].index
            who = acceptors[move.arguments[1].index] if len(move.arguments) > 1 else None
            if move.action == "prepare":
                current[p] = given[sum(x is not None for x in state[4])]
                step = ("phase1a", (proposers[p], current[p]))
            elif move.action == "promise":
                step = ("phase1b", (who, current[p]))
            else:
                step = ("phase2b", (who, current[p], values[0]))
            after = paxos.step(state, *step)
            assert after is not None, (move, step)
            state = after
            assert ranked(state) == plain(move.state[:5])
        assert not is_decided(state, majority=2)
