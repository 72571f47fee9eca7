"""Trying all mutants of a protocol, several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from quorate.checker.loading import name_of
from quorate.checker.workers import workers
from quorate.model.language import Protocol

from .bodies import unchangeable
from .building import ALL_OPERATORS, changes
from .results import MutantFate, Mutation, Trial
from .trying import MutationTask, forget, searched, try_change


@dataclass(frozen=True)
class MutantsTried:
    """The number of mutants tried so far, and the seconds since the first was begun."""

    done: int
    total: int
    seconds: float


def mutate(
    protocol: type[Protocol],
    sizes: Mapping[str, int],
    faults: Mapping[str, int],
    operators: Collection[str],
    limit: int,
    processes: int,
    report: Callable[[MutantsTried], None],
) -> Mutation:
    """Try every change that the operators make; each search ends after `limit` states.

    With one process they are tried in this one, as systems need that are not POSIX. If a property
    of the protocol itself is violated, or the search of it does not end, nothing is tried. Raises
    ModelError, SizeError, InputError.
    """
    started = time.perf_counter()
    chosen = tuple(o for o in ALL_OPERATORS if o in operators)
    pairs = (tuple(sizes.items()), tuple(faults.items()))
    task = MutationTask(name_of(protocol), *pairs, chosen, limit)
    forget()
    original, total = searched(task), len(changes(protocol, chosen))
    trials: list[Trial] = []
    begun = time.perf_counter()

    def tell(done: int) -> None:
        report(MutantsTried(done, total, time.perf_counter() - begun))

    if original.exploration.complete and original.wrong is None and total:
        numbers = range(total)
        if min(processes, total) == 1:
            trials += _one_by_one(task, numbers, tell)
        else:
            trials += _together(task, numbers, min(processes, total), tell)
    forget()
    return Mutation(
        protocol,
        original.sizes,
        original.exploration,
        original.wrong,
        tuple(_once(trials)),
        tuple(unchangeable(protocol)),
        time.perf_counter() - started,
    )


def _one_by_one(
    task: MutationTask, numbers: Sequence[int], tell: Callable[[int], None]
) -> Iterator[Trial]:
    for number in numbers:
        tell(number)
        yield try_change(task, number)


def _together(
    task: MutationTask, numbers: Sequence[int], processes: int, tell: Callable[[int], None]
) -> Iterator[Trial]:
    with workers(processes, try_change) as tried:
        futures = [tried(task, number) for number in numbers]
        for future in futures:
            tell(sum(f.done() for f in futures))
            yield future.result()


def _once(trials: Iterable[Trial]) -> Iterable[Trial]:
    """The trials; of those that are the same protocol, only the first counts."""
    first: dict[str, Trial] = {}
    for trial in trials:
        like = first.setdefault(trial.meaning, trial) if trial.meaning else trial
        if like is not trial and trial.fate is not MutantFate.REPEATED:
            why = f"it means what line {like.edit.span.line}, {like.edit}, means"
            trial = replace(trial, fate=MutantFate.REPEATED, killer=None, why=why)
        yield trial
