"""The search for an order of the operations that a sequential object allows.

It goes through the events as they happened, and keeps every configuration that explains them: the
state of the object, and which of the operations in progress have happened already. An operation is
only made to happen when one that is in progress ends: just in time (Lowe, *Testing for
linearizability*, 2017, §4; after Wing and Gong, 1993). Three reductions keep the sets small.

1. *Reads are free.* A read that the present state explains is taken at once: it changes no state,
   so whatever could follow without it can follow with it, and it must happen some time.
2. *What may never have happened is better unused.* Of two configurations that differ only in
   operations of unknown outcome, the one that used fewer can do all that the other can, and is
   never obliged to use them: the other is dropped.
3. *Twins take turns.* Of operations in progress with the same call, argument and result, the one
   that ends first is taken first: exchanging two of them in an order gives an order again, since
   both were in progress at both places.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from quorate.checker.errors import InputError

from .operation import Operation, exact
from .specification import Specification

Chain = tuple["Chain | None", int] | None
"""The operations that happened, by number, the last one first."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What became of the operations of one object.

    `order` is the order in which they happened, by number, as far as one is known. `stuck` is the
    operation whose end nothing explains, or None; then `states` are those the object may have been
    in when it ended. `spent` counts configurations; `exhausted` says that they were too many.
    """

    order: Sequence[int]
    stuck: int | None
    states: Sequence[Hashable]
    spent: int
    exhausted: bool = False


class _TooManyError(Exception):
    pass


def linearize(operations: Sequence[Operation], specification: Specification, most: int) -> Searched:
    """Look for an order of the operations of one object, with at most `most` configurations."""
    return _Search(operations, specification, most).run()


@dataclass(slots=True)
class _Frontier:
    """Configurations: by state and known operations, the minimal sets of unknown ones used.

    States are numbers; sets of operations in progress are integers, one bit each.
    """

    sets: dict[tuple[int, int], list[tuple[int, Chain]]] = field(default_factory=dict)

    def add(self, state: int, known: int, unknown: int, chain: Chain) -> bool:
        """Add a configuration, unless one that is there makes it superfluous."""
        there = self.sets.get((state, known))
        if there is None:
            self.sets[state, known] = [(unknown, chain)]
            return True
        if any(used & unknown == used for used, _ in there):
            return False
        there[:] = [(used, c) for used, c in there if used & unknown != unknown]
        there.append((unknown, chain))
        return True

    def __iter__(self) -> Iterator[tuple[int, int, int, Chain]]:
        for (state, known), there in self.sets.items():
            for unknown, chain in there:
                yield state, known, unknown, chain


class _Search:
    def __init__(
        self, operations: Sequence[Operation], specification: Specification, most: int
    ) -> None:
        self.operations = operations
        self.specification = specification
        self.most = most
        self.spent = 0
        self.bits: dict[int, int] = {}  # operations in progress that may change the state
        self.reads: dict[int, int] = {}  # and those that only read
        self.free: list[int] = []
        self.slots = 0
        self.states: list[Hashable] = []
        self.numbers: dict[Hashable, int] = {}
        self.memo: dict[tuple[int, int], Sequence[int]] = {}

    def run(self) -> Searched:
        frontier = _Frontier()
        frontier.add(self._state(self.specification.initial), 0, 0, None)
        for number, ends in self._events():
            if not ends:
                self._begin(number)
                continue
            try:
                after = self._end(frontier, number)
            except _TooManyError:
                return self._found(frontier, None, exhausted=True)
            if not after.sets:
                return self._found(frontier, number)
            frontier = after
        return self._found(frontier, None)

    def _events(self) -> Iterator[tuple[int, bool]]:
        """The events in order: the number of an operation, and whether it ends."""
        events = [(o.begun, n, False) for n, o in enumerate(self.operations)]
        events += [(o.ended, n, True) for n, o in enumerate(self.operations) if o.ended is not None]
        return ((number, ends) for _, number, ends in sorted(events))

    def _begin(self, number: int) -> None:
        operation = self.operations[number]
        reads = self.specification.only_reads(operation)
        if reads and not operation.known:
            return  # it constrains nothing, whether it happened or not
        if self.free:
            slot = self.free.pop()
        else:
            slot, self.slots = self.slots, self.slots + 1
        (self.reads if reads else self.bits)[number] = 1 << slot

    def _end(self, frontier: _Frontier, number: int) -> _Frontier:
        """The configurations after the end of an operation: those in which it has happened."""
        bit = self.reads.get(number) or self.bits[number]
        visited, after = _Frontier(), _Frontier()
        work: list[tuple[int, int, int, Chain]] = []

        def reach(state: int, known: int, unknown: int, chain: Chain) -> None:
            known, chain = self._read(state, known, chain)
            if known & bit:
                after.add(state, known & ~bit, unknown, chain)
            elif visited.add(state, known, unknown, chain):
                self.spent += 1
                if self.spent > self.most:
                    raise _TooManyError
                work.append((state, known, unknown, chain))

        candidates = self._candidates()
        for state, known, unknown, chain in frontier:
            reach(state, known, unknown, chain)
        while work:
            state, known, unknown, chain = work.pop()
            for twins in candidates:
                for other, mark, certain in twins:
                    if (known if certain else unknown) & mark:
                        continue
                    for then in self._after(state, other):
                        if certain:
                            reach(then, known | mark, unknown, (chain, other))
                        elif then != state:
                            reach(then, known, unknown | mark, (chain, other))
                    break
        (self.reads if number in self.reads else self.bits).pop(number)
        self.free.append(bit.bit_length() - 1)
        return after

    def _candidates(self) -> list[list[tuple[int, int, bool]]]:
        """The operations in progress that may change the state, twins together in their order."""
        twins: dict[Hashable, list[tuple[int, int, bool]]] = {}
        last = len(self.operations) * 2
        for number, bit in self.bits.items():
            operation = self.operations[number]
            same = self.specification.effect(operation)
            twins.setdefault(same, []).append((number, bit, operation.known))
        ends = {n: self.operations[n].ended or last for n in self.bits}
        return [sorted(group, key=lambda t: ends[t[0]]) for group in twins.values()]

    def _read(self, state: int, known: int, chain: Chain) -> tuple[int, Chain]:
        """The configuration with all reads that `state` explains."""
        for number, bit in self.reads.items():
            if not known & bit and self._after(state, number):
                known |= bit
                chain = (chain, number)
        return known, chain

    def _after(self, state: int, number: int) -> Sequence[int]:
        found = self.memo.get((state, number))
        if found is None:
            after = _ask(self.specification, self.states[state], self.operations[number])
            found = self.memo[state, number] = tuple(map(self._state, after))
        return found

    def _state(self, state: Hashable) -> int:
        """The number of a state."""
        number = self.numbers.setdefault(exact(state), len(self.states))
        if number == len(self.states):
            self.states.append(state)
        return number

    def _found(self, frontier: _Frontier, stuck: int | None, exhausted: bool = False) -> Searched:
        longest: Sequence[int] = ()
        for _, _, _, chain in frontier:
            order = _order(chain)
            longest = order if len(order) > len(longest) else longest
        states = [self.states[n] for n in dict.fromkeys(state for state, _, _, _ in frontier)]
        return Searched(longest, stuck, states, self.spent, exhausted)


def _ask(
    specification: Specification, state: Hashable, operation: Operation
) -> Collection[Hashable]:
    """What `specification` says; an exception there is its mistake."""
    try:
        after = specification.after(state, operation)
        if not isinstance(after, Collection) or isinstance(after, str):
            raise TypeError(f"found {after!r:.60}, expected a collection of states")
        for then in after:
            hash(then)
    except InputError:
        raise
    except Exception as error:
        name = type(specification).__name__
        said = f"{name}.after({state!r:.60}, {operation}): {type(error).__name__}: {error}"
        place = f"{operation.file}:{operation.line}"
        raise InputError(f"{place}: {said}", operation.file, operation.line) from error
    return after


def _order(chain: Chain) -> Sequence[int]:
    order = []
    while chain is not None:
        chain, number = chain
        order.append(number)
    return order[::-1]
