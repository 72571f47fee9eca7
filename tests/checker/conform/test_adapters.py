"""Adapters as people write them, right and wrong: each gets its verdict, or its message."""

from __future__ import annotations

import enum
from collections import namedtuple
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import quorate
from quorate.checker.conform.adapter import AdapterError, Refusal
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.loading import load_adapter
from quorate.checker.conform.adapters.process import AdapterProcess
from quorate.checker.conform.adapters.registry import adapter_for
from quorate.checker.conform.replaying.recorded import check_trace
from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict, replay
from quorate.checker.conform.seen import Terms
from quorate.checker.errors import InputError
from quorate.checker.user_file import run_file
from quorate.model.language import Protocol, action
from quorate.model.language.description import describe
from quorate.model.paxos import Acceptor, Ballot, Paxos
from quorate.traces import FrozenMap, Record, Trace, Violation

from ...support.runs import run_of

CASES = Path(__file__).parents[2] / "cases"


def module(name: str) -> ModuleType:
    return run_file(CASES / name, "a test's case")


# ------------------------------------------------------------ a lock service of a third party

LEASE = {"Client": 2, "Time": 6, "Token": 2, "Pos": 2}
c0, c1 = {"c": "c0"}, {"c": "c1"}


def grant(k: int, until: int) -> dict[str, Any]:
    return {"m": Record("Grant", (("k", k), ("c", "c0"), ("until", until)))}


def write(k: int) -> dict[str, Any]:
    return {"m": Record("Write", (("k", k), ("c", "c0")))}


TWO_WRITES: list[tuple[str, Mapping[str, Any]]] = [
    ("tick", {}),
    *[("tick_client", c) for c in (c0, c0, c1, c1)],
    ("grant", c0),
    ("tick", {}),
    ("tick", {}),
    ("tick_client", c1),
    ("receive", grant(1, 3)),
    ("write", c0),
    ("tick_client", c0),
    ("tick", {}),
    ("grant", c0),
    ("receive", grant(2, 6)),
    ("write", c0),
]
IN_ORDER = [*TWO_WRITES, ("store", write(1)), ("store", write(2))]
OUT_OF_ORDER = [*TWO_WRITES, ("store", write(2)), ("store", write(1))]


@pytest.fixture(scope="module")
def lease() -> tuple[type[Protocol], Trace]:
    protocol = module("models/lease.py").Lease
    return protocol, run_of(protocol, LEASE, IN_ORDER)


@pytest.fixture(scope="module")
def no_fence() -> tuple[type[Protocol], Trace]:
    protocol = module("models/lease_bug.py").NoFence
    return protocol, run_of(protocol, LEASE, OUT_OF_ORDER, "tokens_never_go_back")


@pytest.fixture(scope="module")
def lock() -> ModuleType:
    return module("adapters/lock_adapter.py")


def test_a_service_that_conforms(lock: ModuleType, lease: tuple[type[Protocol], Trace]) -> None:
    found = replay(lease[1], lease[0], lock.LockAdapter())
    assert (found.verdict, found.steps, found.unseen) == (ReplayVerdict.CONFORMS, 18, ())


def test_a_counterexample_is_refused_or_reproduced(
    lock: ModuleType, no_fence: tuple[type[Protocol], Trace]
) -> None:
    protocol, trace = no_fence
    good = replay(trace, protocol, lock.LockAdapter())
    assert good.verdict is ReplayVerdict.REFUSED and good.divergence is not None
    assert (good.divergence.step, good.divergence.implementation) == (18, "fenced off")
    bad = replay(trace, protocol, lock.BadLockAdapter())
    assert (bad.verdict, bad.violated) == (ReplayVerdict.REPRODUCED, "tokens_never_go_back")


def test_a_service_that_does_something_else(
    lock: ModuleType, lease: tuple[type[Protocol], Trace]
) -> None:
    found = replay(lease[1], lease[0], lock.SloppyAdapter())
    assert found.verdict is ReplayVerdict.DIVERGES and found.divergence is not None
    assert (found.divergence.step, found.divergence.variable) == (18, "high")


def test_who_observes_nothing_is_unjudged(
    lock: ModuleType,
    lease: tuple[type[Protocol], Trace],
    no_fence: tuple[type[Protocol], Trace],
) -> None:
    found = replay(lease[1], lease[0], lock.LazyAdapter())
    assert found.verdict is ReplayVerdict.UNJUDGED
    assert found.reason == "of the state nothing was compared: the adapter observes nothing"

    class LazyAndBad(lock.BadLockAdapter):  # type: ignore[name-defined,misc]
        def observe(self) -> dict[str, Any]:
            return {}

    found = replay(no_fence[1], no_fence[0], LazyAndBad())
    assert (found.verdict, found.steps) == (ReplayVerdict.UNJUDGED, 18)
    reason = "tokens_never_go_back needs stored, which the adapter does not show"
    assert found.reason == reason


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("LockAdapter", "conforms"),
        ("BadLockAdapter", "does not conform"),
        ("LazyAdapter", "of the state nothing was compared but messages"),
    ],
)
def test_what_the_storage_must_not_take_is_found_by_driving(
    lock: ModuleType, name: str, outcome: str
) -> None:
    """Where a counter is at the end of its range, nothing is tried: the model has no answer."""
    lease = module("models/lease_clocks.py").Clocks
    sizes = {"Client": 1, "Time": 6, "Token": 2, "Pos": 2}
    found = quorate.conform(lease, sizes=sizes, adapter=getattr(lock, name)())
    lines = str(found).splitlines()
    assert outcome in lines[1]
    assert found.holds == (name == "LockAdapter")
    let_through = any("✗" in x and "require(self.high <= m.k)" in x for x in lines)
    assert let_through == (name == "BadLockAdapter")
    unseen = "not shown, so not compared: now, clock, token, expires, mine, until, high, stored"
    assert any(unseen in x for x in lines) == (name == "LazyAdapter")


def test_what_is_seen_may_suffice(lock: ModuleType, no_fence: tuple[type[Protocol], Trace]) -> None:
    class ShowsTheFile(lock.BadLockAdapter):  # type: ignore[name-defined,misc]
        def observe(self) -> dict[str, Any]:
            return {"stored": super().observe()["stored"]}

    found = replay(no_fence[1], no_fence[0], ShowsTheFile())
    assert (found.verdict, found.violated) == (ReplayVerdict.REPRODUCED, "tokens_never_go_back")
    assert found.unseen == ("now", "clock", "token", "expires", "mine", "until", "high")


# ------------------------------------------------------------ a lock of two voters

noop = module("adapters/noop.py")
TAKEN = run_of(
    noop.Lock, {"Voter": 2}, [("take", {"v": "v0"}), ("take", {"v": "v1"})], "one_holder"
)
ONE = run_of(noop.Lock, {"Voter": 2}, [("take", {"v": "v0"})])


class Lock:
    """An implementation that lets anybody in, with whatever way of showing it."""

    show: Any = FrozenMap

    def start(self, trace: Trace) -> None:
        self.holds = {f"v{i}": False for i in range(dict(trace.sizes)["Voter"])}

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        self.holds[args["v"]] = True
        return frozenset()

    def observe(self) -> Any:
        return {"holds": type(self).show(self.holds)}


def replayed(adapter: Any, trace: Trace = TAKEN) -> Replay:
    return replay(trace, noop.Lock, adapter)


def with_(**methods: Any) -> Any:
    return type("Mine", (Lock,), methods)()


def test_a_violation_is_reproduced_where_it_is_shown() -> None:
    assert replayed(Lock()).verdict is ReplayVerdict.REPRODUCED


def test_nothing_at_all_is_unjudged() -> None:
    found = replayed(noop.Nothing())
    assert found.verdict is ReplayVerdict.UNJUDGED
    assert found.reason == "nothing was compared: the adapter observes nothing and sent nothing"
    assert replayed(noop.Nothing(), ONE).verdict is ReplayVerdict.UNJUDGED


def test_an_implementation_that_does_nothing_refuses_nothing() -> None:
    found = replayed(noop.Bare())
    assert (found.verdict, found.steps) == (ReplayVerdict.UNJUDGED, 0)
    assert found.reason == "no step changed what the adapter shows (holds), and it sent nothing"
    assert replayed(noop.Bare(), ONE).verdict is ReplayVerdict.DIVERGES


def test_a_trace_without_steps() -> None:
    found = replayed(Lock(), run_of(noop.Lock, {"Voter": 2}, []))
    assert found.verdict is ReplayVerdict.UNJUDGED
    reason = "nothing was compared but the initial state: the trace has no steps"
    assert found.reason == reason


def test_a_difference_at_the_start_is_no_refusal() -> None:
    found = replayed(with_(show=lambda holds: FrozenMap(dict.fromkeys(holds, True))))
    assert found.verdict is ReplayVerdict.DIVERGES and found.divergence is not None
    assert str(found.divergence).splitlines()[0] == "the initial state"


class Color(enum.Enum):
    RED = 1


Pair = namedtuple("Pair", "a b")


class Odd:
    """No value of any model."""


def shows(value: Any) -> Any:
    return with_(show=lambda holds: value)


def observes(value: Any) -> Any:
    return with_(observe=lambda self: value)


def performs(value: Any) -> Any:
    return with_(perform=lambda self, action, args: value)


def endless() -> Iterator[Record]:
    while True:
        yield Record("A")


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        (noop.Typo(), " shows hold, which Lock does not have; did you mean holds?"),
        (noop.Raises(), "step 1, take(v=v0): perform raised KeyError: 'boom in my code', "),
        (shows(1), " shows holds: found 1, expected a Map[Voter, bool]"),
        (shows({"v0": False}), " shows holds: found the keys v0, expected v0, v1"),
        (shows({"v0": 0, "v1": 0}), " shows holds: found 0, expected a bool"),
        (shows({"v0": Color.RED, "v1": False}), " shows holds: found RED, expected"),
        (shows(Odd()), " shows holds: an object of the class Odd, expected"),
        (shows({"v0": 0.5}), " shows holds: the number 0.5, expected a value"),
        (shows({Odd(): 1}), " shows holds: an object of the class Odd, expected"),
        (shows(Pair(1, 2)), " shows holds: an object of the class Pair, expected"),
        (observes(None), ") returned None, expected a dict"),
        (observes([("holds", 1)]), ") returned an object of the class list, expected"),
        (observes({1: 2}), " shows 1, which Lock does not have; it has holds"),
        (performs(None), "; where nothing is sent, that is frozenset()"),
        (performs("hello"), ") returned the text 'hello', expected the messages"),
        (performs(Record("A")), ") returned an object of the class Record, expected"),
        (performs(endless()), ") returned an object of the class generator, expected"),
        (performs({"a": 1}), ") returned an object of the class dict, expected"),
        (performs([Record("A")]), ") returned messages; Lock has none"),
        (with_(perform=lambda self: frozenset()), "step 1, take(v=v0): <lambda> raised TypeError"),
        (with_(start=lambda self, t: exit(0)), "at the start: <lambda> calls for an exit (0), "),
    ],
)
def test_what_an_adapter_gets_wrong_is_said(adapter: Any, message: str) -> None:
    with pytest.raises(AdapterError) as raised:
        replayed(adapter)
    assert message in str(raised.value)


def test_a_value_that_contains_itself() -> None:
    ring: dict[str, Any] = {}
    ring["v0"] = ring
    with pytest.raises(AdapterError, match="values more than 100 levels deep"):
        replayed(shows(ring))


@pytest.mark.parametrize("method", ["start", "observe"])
def test_only_a_step_can_be_refused(method: str) -> None:
    def refuses(self: Any, *_: Any) -> Any:
        raise Refusal("no")

    with pytest.raises(AdapterError, match=f"at the start: {method} refuses: no"):
        replayed(with_(**{method: refuses}))


def crashes(self: Any, action: str, args: Mapping[str, Any]) -> Any:
    """A step that is done, and then a mistake that is called a refusal."""
    Lock.perform(self, action, args)
    try:
        return self.no_such_method()
    except Exception as error:
        raise Refusal(str(error)) from error


def refuses_all(self: Any, action: str, args: Mapping[str, Any]) -> Any:
    raise Refusal("no")


def refuses_second(self: Any, action: str, args: Mapping[str, Any]) -> Any:
    if args["v"] == "v1":
        raise Refusal("it is held")
    return Lock.perform(self, action, args)


def refuses_what_it_does(self: Any, action: str, args: Mapping[str, Any]) -> Any:
    Lock.perform(self, action, args)
    if args["v"] == "v1":
        raise Refusal("it is held")
    return frozenset()


def looks_in_vain(self: Any, action: str, args: Mapping[str, Any]) -> Any:
    try:
        return {"v0": Lock.perform(self, action, args)}[args["v"]]
    except KeyError:
        raise Refusal("there is no such lock") from None


def test_a_refusal_needs_evidence() -> None:
    good = replayed(with_(perform=refuses_second))
    assert (good.verdict, good.steps) == (ReplayVerdict.REFUSED, 1)
    dead = replayed(with_(perform=refuses_all))
    assert (dead.verdict, dead.steps) == (ReplayVerdict.UNJUDGED, 0)
    assert dead.reason == "no step changed what the adapter shows (holds), and it sent nothing"
    assert replayed(with_(perform=refuses_all), ONE).verdict is ReplayVerdict.DIVERGES
    done = replayed(with_(perform=refuses_what_it_does))
    assert (done.verdict, done.steps) == (ReplayVerdict.UNJUDGED, 1)
    assert done.reason == "perform refuses the step, but holds is as if it was done"


def test_a_mistake_is_no_refusal() -> None:
    with pytest.raises(AdapterError) as raised:
        replayed(with_(perform=crashes))
    said = str(raised.value)
    assert said.startswith("step 1, take(v=v0): perform raised AttributeError: 'Mine' object has")
    assert "and calls that a refusal; if that is how" in said
    replayed(with_(perform=looks_in_vain))  # It says that it means it.


@pytest.mark.parametrize("cause", [None, ValueError("no")], ids=str)
def test_a_mistake_cannot_be_hidden(cause: Exception | None) -> None:
    def hides(self: Any, action: str, args: Mapping[str, Any]) -> Any:
        Lock.perform(self, action, args)
        try:
            return self.no_such_method()
        except Exception:
            raise Refusal("the lock is held") from cause

    with pytest.raises(AdapterError, match="perform raised AttributeError: 'Mine' object") as told:
        replayed(with_(perform=hides))
    assert "raise the Refusal after the `except` clause" in str(told.value)


def test_a_bundled_adapter_does_not_refuse_what_it_does_not_know() -> None:
    class Forgetful(Paxos):
        @action
        def forget(self, a: Acceptor) -> None:
            self.max_bal[a] = Ballot.never

    steps = [("phase1a", {"b": "b1"}), ("forget", {"a": "a0"})]
    trace = run_of(Forgetful, {"Acceptor": 3, "Ballot": 2, "Value": 1}, steps)
    with pytest.raises(AdapterError, match="has no step `forget`"):
        replay(trace, Forgetful, adapter_for(Forgetful, "healthy"))


def test_true_is_not_1_however_often_it_was_false() -> None:
    def shows_numbers_later(self: Any) -> Any:
        made = bool if not any(self.holds.values()) else int
        return {"holds": {name: made(held) for name, held in self.holds.items()}}

    with pytest.raises(AdapterError, match="shows holds: found 1, expected a bool"):
        replayed(with_(observe=shows_numbers_later))


NAMED = {("a", "b"): frozenset({"x"}), ("a", "c"): frozenset()}


@pytest.mark.parametrize(
    ("shown", "expected", "same"),
    [
        (NAMED, NAMED, True),
        ({k: set(v) for k, v in NAMED.items()}, NAMED, True),
        ({**NAMED, ("a", "c"): frozenset({"x"})}, NAMED, False),
        ({Pair(*k): v for k, v in NAMED.items()}, NAMED, False),
        ({"a": frozenset({1})}, {"a": frozenset({True})}, False),
        ({"a": (("b", 1),)}, {"a": (("b", True),)}, False),
        ({"a": (("b", 1),)}, {"a": (("b", 1),)}, True),
        ({"a": frozenset({enum.StrEnum("E", "x").x})}, {"a": frozenset({"x"})}, False),  # type: ignore[attr-defined]
    ],
)
def test_what_equals_a_value_need_not_be_it(shown: Any, expected: Any, same: bool) -> None:
    terms = Terms(describe(noop.Lock), {})
    assert shown == expected or not same
    assert terms.same(shown, FrozenMap(expected)) is same
    assert terms.same(FrozenMap(shown), FrozenMap(expected)) is same


def test_the_line_of_an_exception_is_named() -> None:
    with pytest.raises(AdapterError) as raised:
        replayed(noop.Raises())
    lines = (CASES / "adapters" / "noop.py").read_text().splitlines()
    line = next(i for i, text in enumerate(lines, start=1) if "boom" in text)
    assert str(raised.value).endswith(f"{CASES / 'adapters' / 'noop.py'}:{line}")


def test_plain_python_values_are_understood() -> None:
    assert replayed(with_(show=dict)).verdict is ReplayVerdict.REPRODUCED
    assert replayed(with_(perform=lambda s, a, x: list(Lock.perform(s, a, x)))).steps == 2


# ------------------------------------------------------------ a trace that says what is not so


def test_a_violation_that_is_none_is_refused() -> None:
    held = Trace(**{**fields(ONE), "violation": Violation("one_holder")})
    with pytest.raises(InputError, match="violates one_holder, but it holds there"):
        check_trace(held, noop.Lock)
    unknown = Trace(**{**fields(ONE), "violation": Violation("two_holders")})
    with pytest.raises(InputError, match="two_holders, which Lock does not have; did you mean one"):
        check_trace(unknown, noop.Lock)


def fields(trace: Trace) -> dict[str, Any]:
    return {name: getattr(trace, name) for name in Trace.__dataclass_fields__}


# ------------------------------------------------------------ in a process of its own


def in_a_process(name: str, seconds: float = 10.0) -> Replay:
    with AdapterProcess(name, seconds) as adapter:
        return replayed(adapter)


def broken(name: str) -> str:
    return f"{CASES / 'adapters' / 'broken.py'}:{name}"


def test_a_process_does_what_the_adapter_does() -> None:
    with AdapterProcess(f"{CASES / 'adapters' / 'noop.py'}:Bare") as adapter:
        assert replayed(adapter) == replayed(noop.Bare())
        assert replayed(adapter, ONE) == replayed(noop.Bare(), ONE)


def test_a_hang_ends_by_the_time_limit() -> None:
    with pytest.raises(
        AdapterError, match=r"perform \(.*broken.py:61\) does not return within 3 s"
    ):
        in_a_process(broken("Hangs"), 3.0)


ENDS = """
import os, signal
from helper import ANSWER          # a sibling

class Adapter:
    def start(self, trace): print("started")
    def perform(self, action, args):
        from late import LATE      # a sibling, too, when it is first needed
        return ANSWER + LATE
    def observe(self): return {}
class Exits(Adapter):
    def perform(self, action, args): os._exit(0)
class Dies(Adapter):
    def observe(self): os.kill(os.getpid(), signal.SIGKILL)
"""


def test_siblings_are_imported_and_the_end_of_a_process_is_no_answer(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(ENDS)
    (tmp_path / "helper.py").write_text("ANSWER = []\n")
    (tmp_path / "late.py").write_text("LATE = []\n")
    assert in_a_process(f"{tmp_path}/mine.py:Adapter").verdict is ReplayVerdict.UNJUDGED
    assert capfd.readouterr() == ("", "started\n")
    with pytest.raises(AdapterError, match=r"ended in perform \(.*mine.py:12\): exit code 0"):
        in_a_process(f"{tmp_path}/mine.py:Exits")
    with pytest.raises(AdapterError, match=r"ended in observe \(.*mine.py:14\): SIGKILL"):
        in_a_process(f"{tmp_path}/mine.py:Dies")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (broken("NeedsArgument"), r"missing 1 required .*: 'port', .*broken.py:57 \(an adapter is"),
        (broken("NeedsArgumnet"), "no class NeedsArgumnet; did you mean NeedsArgument"),
        (broken(""), "say which class is the adapter"),
        (f"{CASES / 'adapters' / 'lockd.py'}:Storage", "Storage has no start, perform, observe"),
        ("gone.py:Adapter", "gone.py: no such file"),
        ("no_such_module:Adapter", "no such adapter; expected path.py:Class or module:Class"),
    ],
)
def test_adapters_that_cannot_be_made(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_adapter(name)


def test_a_process_says_why_it_has_no_adapter() -> None:
    name, message = broken("NeedsArgumnet"), "no class NeedsArgumnet; did you mean NeedsArgument"
    with pytest.raises(InputError, match=message), AdapterProcess(name):
        pass


def test_copies_that_cannot_be_put_back_are_refused_when_they_are_made() -> None:
    class Copied:
        def snapshot(self) -> int:
            return 1

    with pytest.raises(AdapterError, match=r"has snapshot .*, but no method restore"):
        Caller(Copied()).snapshot()  # type: ignore[arg-type]
