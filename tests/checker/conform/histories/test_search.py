"""The search against an oracle that tries all orders, on small histories of a register."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import permutations

from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.conform.histories.operation import Operation
from quorate.checker.conform.histories.search import linearize
from quorate.checker.conform.histories.specification import Lock, Register, Specification


def some_order(operations: Sequence[Operation], specification: Specification) -> bool:
    """Whether all that returned, and some of the rest, happened in an order that is allowed."""
    known = [o for o in operations if o.known]
    rest = [o for o in operations if not o.known]
    chosen = [
        [*known, *(o for i, o in enumerate(rest) if mask >> i & 1)]
        for mask in range(2 ** len(rest))
    ]
    return any(allowed(order, specification) for c in chosen for order in permutations(c))


def allowed(order: Sequence[Operation], specification: Specification) -> bool:
    for i, later in enumerate(order):
        if any(later.ended is not None and later.ended < o.begun for o in order[:i]):
            return False
    states: set[Hashable] = {specification.initial}
    for operation in order:
        states = {then for state in states for then in specification.after(state, operation)}
    return bool(states)


VALUES = st.sampled_from([0, 1, False, None])


@st.composite
def histories(draw: st.DrawFn, lock: bool) -> list[Operation]:
    """Up to five operations that overlap in any way; each of a process of its own or, of a lock,
    of one of two that may hold it several times.
    """
    count = draw(st.integers(1, 5))
    begins = sorted(draw(st.lists(st.integers(0, 12), min_size=count, max_size=count, unique=True)))
    found = []
    for number, begun in enumerate(begins):
        ended = draw(st.none() | st.integers(begun + 1, 16))
        calls = ("acquire", "release") if lock else ("read", "write", "append", "delete", "cas")
        call = draw(st.sampled_from(calls))
        argument: Hashable = draw(VALUES) if call == "write" else None
        argument = draw(st.sampled_from("ab")) if call == "append" else argument
        argument = (draw(VALUES), draw(VALUES)) if call == "cas" else argument
        read = st.sampled_from([0, 1, False, None, "a", "ab", "0a", "Falsea"])
        result: Hashable = draw(read) if call == "read" else None
        result = draw(st.booleans()) if call == "cas" else result
        process = str(draw(st.integers(0, 1)) if lock else number)
        # ends at odd halves: no two events at once
        stamp = None if ended is None else 2 * ended + 1
        found.append(Operation(process, call, None, argument, result, 2 * begun, stamp, "h", 1, 2))
    return found


@given(histories(lock=False))
def test_a_register(operations: list[Operation]) -> None:
    agrees(operations, Register())


@given(histories(lock=True))
def test_a_lock(operations: list[Operation]) -> None:
    agrees(operations, Lock())


def agrees(operations: list[Operation], specification: Specification) -> None:
    expected = some_order(operations, specification)
    searched = linearize(operations, specification, 10_000)
    assert (searched.stuck is None) == expected
    event("linearizable" if expected else "not linearizable")
    order = [operations[number] for number in searched.order]
    assert allowed(order, specification)
    if searched.stuck is None:
        assert {o for o in operations if o.known and not specification.only_reads(o)} <= set(order)
        return
    # what ended before the one that is stuck is explained, and with it nothing is
    stuck = operations[searched.stuck]
    assert stuck.ended is not None
    before = [o for o in operations if o.begun < stuck.ended]
    cut = [o if (o.ended or 99) < stuck.ended else _open(o) for o in before]
    assert some_order(cut, specification)


def _open(o: Operation) -> Operation:
    return Operation(
        o.process, o.call, o.key, o.argument, None, o.begun, None, o.file, o.line, None
    )


def test_a_bound_is_no_verdict() -> None:
    writes = [Operation(str(n), "write", None, n, None, n, 100 + n, "h", 1, 2) for n in range(9)]
    read = Operation("r", "read", None, 4, 4, 50, 99, "h", 1, 2)
    assert linearize([*writes, read], Register(), 10_000).stuck is None
    found = linearize([*writes, read], Register(), 3)
    assert found.exhausted
    assert (found.stuck, found.spent) == (None, 4)


def test_lost_timeouts_cost_little() -> None:
    """Forty writes with unknown outcome, and reads that tell which of them happened."""
    lost = [
        Operation(f"w{n}", "write", None, n % 4, None, n, None, "h", 1, None) for n in range(40)
    ]
    reads = [
        Operation("r", "read", None, None, n % 4, 100 + 2 * n, 101 + 2 * n, "h", 1, 2)
        for n in range(30)
    ]
    found = linearize([*lost, *reads], Register(), 10_000)
    assert found.stuck is None
    assert found.spent < 2_000
