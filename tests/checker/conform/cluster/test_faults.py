"""Which faults there are: rates, what is drawn from a seed, messages in a stream."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.checker.conform.cluster.faults import FAULTS_S, NETWORK, Fates, Rates, life, schedule
from quorate.checker.conform.framing import length_prefixed, lines
from quorate.checker.errors import InputError

NODES = ("n0", "n1", "n2", "n3")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"los": 0.1}, "no fault `los`; did you mean loss?"),
        ({"fire": 1}, "no fault `fire`; there are loss, duplicate"),
        ({"loss": 1.5}, "loss: found 1.5, expected a number from 0 to 1"),
        ({"kill": -1}, "kill: found -1, expected a number from 0 to 20"),
        ({"kill": float("nan")}, "kill: found nan"),
        ({"cut": "often"}, "cut: found 'often', expected a number"),
    ],
)
def test_what_is_no_rate(given: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Rates().changed(given)


def test_the_faults_follow_from_the_seed() -> None:
    rates = Rates(partition=2.5, kill=2.5)
    drawn = [schedule(rates, NODES, seed) for seed in range(20)]
    assert drawn == [schedule(rates, NODES, seed) for seed in range(20)]
    assert {len(s.kills) for s in drawn} == {len(s.partitions) for s in drawn} == {2, 3}
    for s in drawn:
        assert all(0 <= p.begin_s < p.end_s <= FAULTS_S for p in s.partitions)
        assert [k.at_s for k in s.kills] == sorted(k.at_s for k in s.kills)
        for p in s.partitions:
            island = {a for a, _ in p.pairs}
            assert p.pairs and all(a != b for a, b in p.pairs) and island <= set(NODES)
    pairs = [p.pairs for s in drawn for p in s.partitions]
    one_way = [ps for ps in pairs if min(ps)[::-1] not in ps]
    assert 0 < len(one_way) < len(pairs)
    assert schedule(rates, ("n0",), 1).partitions == ()
    reached = [len({b for a, b in p.pairs if a in p.island}) for s in drawn for p in s.partitions]
    assert {1, 3} <= set(reached)  # one of the others, or all


def test_clocks_drift_in_some_partitions_and_nothing_else_depends_on_that() -> None:
    drawn = {
        rate: [schedule(Rates(clock=rate), NODES, seed) for seed in range(20)]
        for rate in (0, 0.5, 1)
    }
    cut = {rate: [p for s in drawn[rate] for p in s.partitions] for rate in drawn}
    assert {p.drifts for p in cut[0]} == {False} and {p.drifts for p in cut[1]} == {True}
    assert {p.drifts for p in cut[0.5]} == {False, True}
    assert [replace(p, drifts=True) for p in cut[0]] == cut[1]
    for p in cut[1]:
        there = p.aimed_at("n3")
        assert there.island <= {a for a, b in there.pairs} and len(there.island) == len(p.island)


def test_each_run_has_a_network_of_its_own() -> None:
    rates = Rates(loss=0.2, duplicate=0.8, cut=0)
    drawn = [rates.of_run(seed) for seed in range(200)]
    assert drawn == [rates.of_run(seed) for seed in range(200)]
    loss, duplicate = [r.loss for r in drawn], [r.duplicate for r in drawn]
    assert 0 <= min(loss) < 0.05 and 0.35 < max(loss) <= 0.4
    assert max(duplicate) == 1 and {r.cut for r in drawn} == {0}
    assert {replace(r, **dict.fromkeys(NETWORK, 0)) for r in drawn} == {
        replace(rates, **dict.fromkeys(NETWORK, 0))
    }


def test_a_message_has_the_fate_of_its_number_whatever_else_is_asked_for() -> None:
    few, many = Rates(loss=0.1), Rates(loss=0.1, duplicate=1, delay=1, reorder=1, cut=1)
    one, other = Fates(few, 7, ("n0", "n1")), Fates(many, 7, ("n0", "n1"))
    pairs = [(one.next(), other.next()) for _ in range(100)]
    assert [a.lost for a, _ in pairs] == [b.lost for _, b in pairs]
    assert 0 < sum(a.lost for a, _ in pairs) < 40
    assert all(b.copies == 2 and b.overtaken and b.cut for _, b in pairs)


def test_a_life_is_drawn_by_its_number() -> None:
    lives = [life(Rates(point=0.5), ("mid-write",), 3, "n0", k) for k in range(50)]
    assert lives == [life(Rates(point=0.5), ("mid-write",), 3, "n0", k) for k in range(50)]
    assert {x.point for x in lives} == {None, "mid-write"}
    assert life(Rates(point=1), (), 3, "n0", 1).point is None


@settings(max_examples=30)
@given(
    messages=st.lists(st.binary(max_size=9)),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    rest=st.binary(max_size=3),
)
def test_a_stream_is_cut_into_its_messages(
    messages: list[bytes], cuts: list[int], rest: bytes
) -> None:
    for framing, framed in (
        (length_prefixed(2), [len(m).to_bytes(2, "big") + m for m in messages]),
        (lines(), [m.replace(b"\n", b"") + b"\n" for m in messages]),
    ):
        last = rest[:1] if framing is not lines else rest.replace(b"\n", b"")
        stream = b"".join(framed) + last
        cutter, found, start = framing(), [], 0
        for end in [*sorted(c for c in cuts if c < len(stream)), len(stream)]:
            found += cutter.feed(stream[start:end])
            start = end
        if last != b"\n":
            assert found == framed
            assert cutter.rest() == last


def test_a_length_that_cannot_be_is_relayed_as_it_comes() -> None:
    garbage = b"\xff\xff\xff\xff more"
    assert length_prefixed()().feed(garbage) == [garbage]


def test_pauses_and_slow_disks_are_drawn_by_themselves_and_end_in_time() -> None:
    few, many = Rates(pause=0, slow=0), Rates(pause=2, slow=2)
    drawn = [schedule(many, NODES, seed, (0.5, 3.0)) for seed in range(20)]
    plain = [schedule(few, NODES, seed, (0.5, 3.0)) for seed in range(20)]
    assert [(s.partitions, s.kills) for s in drawn] == [(s.partitions, s.kills) for s in plain]
    for spells in ([p for s in drawn for p in s.pauses], [p for s in drawn for p in s.slow_disks]):
        assert len(spells) == 40 and {p.aimed for p in spells} == {True, False}
        assert all(0 <= p.begin_s < p.end_s <= FAULTS_S and p.delay_s > 0 for p in spells)
        assert {p.victim("leader") for p in spells} == {"leader", *NODES}


def test_half_of_the_partitions_and_kills_strike_whoever_leads() -> None:
    drawn = [schedule(Rates(partition=2, kill=2), NODES, seed) for seed in range(20)]
    partitions, kills = (
        [p for s in drawn for p in s.partitions],
        [k for s in drawn for k in s.kills],
    )
    aimed = [p for p in partitions if p.target is not None]
    assert 0 < len(aimed) < len(partitions) and {k.aimed for k in kills} == {True, False}
    for p in aimed:
        assert p.aimed_at(None) == p and {a for a, _ in p.pairs} >= {p.target}
        others = {pair for pair in p.pairs if p.target in pair}
        struck = {pair for pair in p.aimed_at("n3").pairs if "n3" in pair}
        assert len(struck) == len(others) and len(p.aimed_at("n3").pairs) == len(p.pairs)
    assert all(
        k.victim("n3") == ("n3" if k.aimed else k.node) and k.victim(None) == k.node for k in kills
    )
