"""The store: what commands do, exactly once by sessions, snapshots, and histories."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.conform.histories.checking import HistoryVerdict
from quorate.impl.store import (
    Answered,
    Command,
    CompareAndSet,
    Delete,
    Get,
    KeyValueStore,
    Put,
    Rejected,
    StoreSnapshot,
    Submission,
)
from quorate.impl.store.history import invoked, returned, unknown
from quorate.impl.store.store import OPERATIONS, TABLE, Turn
from tests.support.histories import judged

keys, values = st.sampled_from("xy"), st.sampled_from(["", "1", "2"])
commands = st.one_of(
    st.builds(Get, keys),
    st.builds(Put, keys, values),
    st.builds(CompareAndSet, keys, st.none() | values, values),
    st.builds(Delete, keys),
)
scripts = st.lists(st.tuples(st.sampled_from("ab"), commands), max_size=12)
submissions = st.lists(
    st.builds(Submission, st.sampled_from("ab"), st.integers(1, 4), commands), max_size=15
)


def run(*script: Command) -> list[object]:
    store = KeyValueStore()
    return [store.apply(Submission("a", i, c)) for i, c in enumerate(script, 1)]


def test_the_table_is_total():
    assert set(TABLE) == {(Submission, turn) for turn in Turn}
    assert all(callable(getattr(KeyValueStore, rule)) for rule in TABLE.values())
    assert set(OPERATIONS) == set(Command.__args__)
    assert all(callable(getattr(KeyValueStore, name)) for name in OPERATIONS.values())


@pytest.mark.parametrize(
    ("script", "results"),
    [
        ([Get("x"), Put("x", "1"), Get("x"), Get("y")], [None, None, "1", None]),
        ([Put("x", "1"), Put("x", "2"), Get("x")], [None, None, "2"]),
        ([Put("x", "1"), Delete("x"), Get("x"), Delete("x")], [None, None, None, None]),
        ([CompareAndSet("x", "1", "2"), Get("x")], [False, None]),
        ([CompareAndSet("x", None, "2"), Get("x")], [True, "2"]),
        ([Put("x", "1"), CompareAndSet("x", "1", "2"), Get("x")], [None, True, "2"]),
        ([Put("x", "1"), CompareAndSet("x", None, "2"), Get("x")], [None, False, "1"]),
    ],
)
def test_what_commands_do(script, results):
    assert run(*script) == [Answered(result) for result in results]


def test_a_repeated_command_is_answered_as_before_and_does_nothing():
    store = KeyValueStore()
    first = Submission("a", 1, CompareAndSet("x", None, "1"))
    assert store.apply(first) == Answered(True)
    store.apply(Submission("b", 1, Put("x", "2")))
    assert store.apply(first) == Answered(True)
    assert store.values == {"x": "2"}


def test_what_was_given_up_never_happens_after_its_successor():
    store = KeyValueStore()
    store.apply(Submission("a", 2, Put("x", "new")))
    late = store.apply(Submission("a", 1, Put("x", "old")))
    assert late == Rejected("Number 1 of a is past: number 2 has been applied.")
    assert store.values == {"x": "new"}


def test_a_number_used_twice_is_rejected():
    store = KeyValueStore()
    store.apply(Submission("a", 1, Put("x", "1")))
    again = store.apply(Submission("a", 1, Get("x")))
    assert again == Rejected("a has used number 1 for another command.")


@given(submissions, st.integers(0, 15))
def test_a_restored_store_goes_on_as_the_one_it_was_taken_of(script, cut):
    whole, first = KeyValueStore(), KeyValueStore()
    for submission in script[:cut]:
        assert whole.apply(submission) == first.apply(submission)
    written = msgspec.json.encode(first.snapshot())
    second = KeyValueStore(msgspec.json.decode(written, type=StoreSnapshot))
    for submission in script[cut:]:
        assert whole.apply(submission) == second.apply(submission)
    assert whole.snapshot() == second.snapshot()


@given(submissions)
def test_each_number_of_a_client_changes_the_store_at_most_once(script):
    """As the obvious machine does, which has no sessions and is given each command once."""
    store, plain = KeyValueStore(), KeyValueStore()
    latest: dict[str, int] = {}
    for i, submission in enumerate(script, 1):
        reply = store.apply(submission)
        if submission.sequence > latest.get(submission.client, 0):
            latest[submission.client] = submission.sequence
            assert reply == plain.apply(Submission("one", i, submission.command))
        assert store.values == plain.values


def test_a_snapshot_does_not_depend_on_the_order_of_keys_and_clients():
    one, other = KeyValueStore(), KeyValueStore()
    script = [Submission("a", 1, Put("x", "1")), Submission("b", 1, Put("y", "2"))]
    for submission in script:
        one.apply(submission)
    for submission in reversed(script):
        other.apply(submission)
    assert one.snapshot() == other.snapshot()


@given(script=scripts.filter(bool))
def test_its_histories_are_linearizable(tmp_path_factory, script):
    store, events = KeyValueStore(), []
    for i, (process, command) in enumerate(script, 1):
        reply = store.apply(Submission(process, i, command))
        assert isinstance(reply, Answered)
        events += [invoked(process, command), returned(process, command, reply.result)]
    assert judged(tmp_path_factory.mktemp("h") / "h.jsonl", events) is HistoryVerdict.LINEARIZABLE


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (Get("x"), "2"),
        (Get("x"), None),
        (CompareAndSet("x", "1", "2"), False),
        (CompareAndSet("x", "2", "1"), True),
    ],
)
def test_a_wrong_result_is_found(tmp_path, command, wrong):
    put = Put("x", "1")
    events = [invoked("a", put), returned("a", put, None)]
    events += [invoked("b", command), returned("b", command, wrong)]
    assert judged(tmp_path / "h.jsonl", events) is HistoryVerdict.NOT_LINEARIZABLE


@pytest.mark.parametrize("seen", [None, "1"])
def test_what_is_given_up_may_have_happened_or_not(tmp_path, seen):
    put, get = Put("x", "1"), Get("x")
    events = [invoked("a", put), unknown("a", put), invoked("b", get), returned("b", get, seen)]
    assert judged(tmp_path / "h.jsonl", events) is HistoryVerdict.LINEARIZABLE
