"""Properties of runs of whole protocols: verdicts, runs, and CPython's opinion of both."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

import quorate
from quorate.checker.explore.search import in_memory, storage
from quorate.checker.liveness.results import Ending, TemporalCheck, TemporalVerdict
from quorate.errors import QuorateError
from quorate.model.language import ModelError, Protocol, SizeError, StepError, action
from quorate.traces import dumps_itf, loads_itf, render_spacetime, render_table

from ...support.comparing.runs import compare_runs
from ...support.protocols.runs import Claims, Fork, Pings, Proc, StronglyFair
from ...support.strategies import loaded, sized
from ...support.strategies.runs import generate_runs


class Unfair(Fork):
    @action
    def take(self, p: Proc) -> None:
        super().take(p)

    @action
    def put(self, p: Proc) -> None:
        super().put(p)


def checked(protocol: type[Protocol], **sizes: int) -> dict[str, TemporalCheck]:
    """What is found about each property; both ways of checking agree about it."""
    found = compare_runs(protocol, protocol.sized(**sizes))
    assert found is not None
    return {check.name: check for check in found.checks}


def steps(check: TemporalCheck) -> tuple[list[str], list[str]]:
    """The actions of the stem and of the loop."""
    assert check.lasso is not None
    return [m.action for m in check.lasso.stem], [m.action for m in check.lasso.loop]


def test_weak_fairness_serves_somebody_but_not_all() -> None:
    found = checked(Fork, Proc=2)
    holding = {name for name, check in found.items() if check.verdict is TemporalVerdict.HOLDS}
    assert holding == {
        "somebody_is_served",
        "it_gets_free",
        "it_is_put_back",
        "it_changes_hands_when_free",
    }
    unserved = found["all_are_served"]
    assert unserved.called == "all_are_served(p0)"
    assert steps(unserved) == (["take", "put"], ["take", "put"])
    assert found["it_stays_free"].lasso is not None
    broken = found["it_is_never_put_back"].finding
    assert broken is not None and [m.action for m in broken.path] == ["take", "put"]


def test_strong_fairness_serves_all() -> None:
    found = checked(StronglyFair, Proc=2)
    assert found["all_are_served"].verdict is TemporalVerdict.HOLDS
    assert found["it_stays_free"].verdict is TemporalVerdict.VIOLATED


def test_how_the_loop_treats_each_fair_action_is_told() -> None:
    lasso = checked(Fork, Proc=2)["all_are_served"].lasso
    assert lasso is not None and lasso.ending is Ending.CYCLE
    told = sorted(map(str, lasso.treated))
    assert [line.rsplit(" ", 1)[0] for line in told] == [
        "put (weakly fair): taken in step",
        "take(p=p0) (weakly fair): not possible after step",
        "take(p=p1) (weakly fair): taken in step",
    ]


def test_cells_that_follow_from_messages() -> None:
    found = checked(Pings, Proc=1, Turn=2)
    verdicts = {name: check.verdict for name, check in found.items()}
    assert verdicts.pop("one_at_a_time") is TemporalVerdict.VIOLATED
    assert set(verdicts.values()) == {TemporalVerdict.HOLDS}


def test_what_says_nothing_is_told() -> None:
    found = checked(Claims, Turn=2)
    assert found["true_at_first"].vacuous == (
        "true_at_first is true in every initial state: it says nothing about runs",
    )
    assert found["never_asked"].vacuous == ("no state makes the premise of never_asked true",)


def test_what_is_undefined_is_a_mistake_in_the_model() -> None:
    found = checked(Claims, Turn=2)
    for name, steps_taken in (("counted_down", 1), ("counted_back", 1)):
        check = found[name]
        assert check.verdict is TemporalVerdict.UNDEFINED and check.finding is not None
        assert len(check.finding.path) == steps_taken
    result = quorate.check(Claims, sizes={"Turn": 2}, temporal=["counted_back"])
    assert result.outcome == "undefined"
    assert result.trace is not None and result.trace.undefined is not None
    assert loads_itf(dumps_itf(result.trace)) == result.trace


def test_generated_protocols() -> None:
    """As many as it takes until some hold and some do not."""
    verdicts = Counter[TemporalVerdict]()
    for seed in range(60):
        verdicts.update(compared(seed))
        if min(verdicts[TemporalVerdict.HOLDS], verdicts[TemporalVerdict.VIOLATED]) >= 2:
            return
    raise AssertionError(verdicts)


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(1_000, 1_400, 50))
def test_many_generated_protocols(start: int) -> None:
    for seed in range(start, start + 50):
        compared(seed)


def compared(seed: int) -> list[TemporalVerdict]:
    """What both ways of checking say of each property of a generated protocol.

    Nothing if it is no protocol, or its steps are undefined: there are no runs to compare.
    """
    source = generate_runs(Random(seed))
    with loaded(source) as protocol:
        try:
            found = compare_runs(protocol, sized(protocol, source))
        except (ModelError, SizeError, StepError):
            return []
    return [] if found is None else [check.verdict for check in found.checks]


# ---------------------------------------------------------------- the result


def test_the_result_is_shown_and_kept() -> None:
    result = quorate.check(Fork, sizes={"Proc": 2}, temporal=["all_are_served"])
    assert not result.holds and result.outcome == "violated"
    assert result.violation is not None and "repeated for ever" in result.violation
    trace = result.trace
    assert trace is not None and trace.loop is not None
    assert loads_itf(dumps_itf(trace)) == trace
    for shown in (render_table(trace, 100), render_spacetime(trace, 100)):
        assert "↻" in shown and "the run goes on for ever" in shown
    document = result.to_json()
    assert document["violated"] == "all_are_served(p0)" and document["run"]["loop"] == trace.loop
    (told,) = document["temporal"]["properties"]
    assert (told["verdict"], told["ending"], told["stem"]) == ("violated", "cycle", trace.loop)


def test_that_nothing_is_fair_is_told() -> None:
    result = quorate.check(Unfair, sizes={"Proc": 2}, temporal=["somebody_is_served"])
    assert "no action is fair, so nothing has to happen" in repr(result)


def test_induction_leaves_properties_of_runs_open() -> None:
    result = quorate.check(Pings, sizes={"Proc": 1, "Turn": 1}, search=quorate.KInduction(most=2))
    assert result.violation is None and not result.holds
    assert "1 invariant holds" in repr(result) and "! not checked: heard" in repr(result)


def test_named_properties_are_checked_alone() -> None:
    result = quorate.check(Pings, sizes={"Proc": 1, "Turn": 1}, temporal=["heard"])
    assert result.holds and result.invariants == () and result.liveness is not None
    assert [check.name for check in result.liveness.checks] == ["heard"]
    states_alone = quorate.check(Pings, sizes={"Proc": 1, "Turn": 1}, invariants=["in_range"])
    assert states_alone.holds and states_alone.liveness is None
    with pytest.raises(
        QuorateError, match="Pings has no temporal property `herd`; did you mean heard"
    ):
        quorate.check(Pings, sizes={"Proc": 1, "Turn": 1}, temporal=["herd"])


def test_threads_find_the_same_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """TLC misses violations with several workers (its issue 971)."""
    monkeypatch.setattr(in_memory, "CROWD", 0)
    monkeypatch.setattr(in_memory, "FIRST_ROOM", 1)
    monkeypatch.setattr(storage, "SLICE", 3)
    one, two = (
        quorate.check(Fork, sizes={"Proc": 3}, search=quorate.BreadthFirst(threads=n))
        for n in (1, 2)
    )
    assert one.liveness is not None and two.liveness is not None
    assert one.liveness.checks == two.liveness.checks
    assert one.liveness.wrong is not None


# TLC misses violations under symmetry (issues 59, 644), and skipped properties of runs in silence
# in a depth-first search (544); SPIN's fairness does not go with partial-order reduction.
WAYS = {
    "symmetry": {"symmetry": True},
    "partial-order": {"search": quorate.BreadthFirst(por=True)},
    "--eager": {"search": quorate.BreadthFirst(eager=True)},
    "breadth-first": {"search": quorate.Reference()},
    "takes a breadth-first": {"search": quorate.DepthFirst()},
}


@pytest.mark.parametrize("why", WAYS)
def test_ways_that_leave_something_out_never_pass(why: str) -> None:
    sizes = {"Proc": 2}
    result = quorate.check(Fork, sizes=sizes, **WAYS[why])  # type: ignore[call-overload]
    assert result.outcome == "open" and not result.holds and result.violation is None
    assert why in str(result.liveness.reason)
    assert "not checked: somebody_is_served" in repr(result)
    with pytest.raises(QuorateError, match=why):
        quorate.check(Fork, sizes=sizes, temporal=["it_gets_free"], **WAYS[why])  # type: ignore[call-overload]


def test_a_search_that_ends_early_never_passes() -> None:
    search = quorate.BreadthFirst(limit=3)
    result = quorate.check(StronglyFair, sizes={"Proc": 2}, search=search)
    assert not result.holds and result.liveness is not None
    assert result.liveness.reason == "the search is not complete"
