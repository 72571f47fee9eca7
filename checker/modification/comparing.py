"""Comparing two versions of a protocol: parts, verdicts, steps, and proofs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from quorate.checker.errors import InputError
from quorate.checker.explore.claims import claimed_of_runs
from quorate.checker.explore.search.breadth_first import Explorer, search_from_the_start
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.checker.liveness.check import after_search
from quorate.checker.prove.unbounded import prove_unbounded
from quorate.checker.refine.explored import check_refinement
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import ModelError, Protocol, SizeError, Sizes, StepError
from quorate.model.refinements import Refinement, identity

from .results import HOLDS, REACHED, Modification, OneWay, Version
from .structure import differences, renamed

ELSEWHERE = "see `quorate refine`"


def compare(
    old: type[Protocol],
    new: type[Protocol],
    sizes: Callable[[type[Protocol]], Sizes],
    limit: int | None,
    prove: bool,
    mapping: Refinement | None = None,
) -> Modification:
    """Compare two versions at the sizes that `sizes` gives for each.

    A search stops after `limit` states. `mapping` takes states of the new version to states of the
    old one; without it, every variable is read as it is. With `prove`, both are proved for any size
    as far as that goes. Raises ModelError, SizeError, InputError.
    """
    started = time.perf_counter()
    parts = differences(old, new)
    versions = [_version(protocol, sizes(protocol), limit) for protocol in (old, new)]
    if prove:
        versions = [replace(v, proof=prove_unbounded(v.protocol, refute=False)) for v in versions]
    before, after = versions
    forth = _direction(after, before, limit, mapping, f"give --mapping, or {ELSEWHERE}")
    back = _direction(before, after, limit, None, ELSEWHERE)
    return Modification(before, after, parts, forth, back, time.perf_counter() - started)


def _version(protocol: type[Protocol], sizes: Sizes, limit: int | None) -> Version:
    """Search without the invariants that are violated, one by one, until the others all hold."""
    left, verdicts = list(protocol.methods("invariant")), dict[str, str]()
    options = BreadthFirst(storage=InMemory(), limit=limit)
    while True:
        only = frozenset(left)
        explorer, found = search_from_the_start(
            partial(Explorer, protocol, sizes, options, invariants=only)
        )
        if found.outcome is not Outcome.VIOLATED:
            break
        assert found.violated is not None
        verdicts[found.violated] = f"violated in {_steps(found)}"
        left.remove(found.violated)
    verdicts |= dict.fromkeys(left, HOLDS if found.complete else _unknown(found))
    if found.complete and (names := claimed_of_runs(protocol, None)):
        assert explorer is not None
        runs = after_search(explorer, found, names)
        verdicts |= {check.name: check.verdict.value for check in runs.checks}
    for goal in protocol.methods("reachable"):
        unmet = "not reached" if found.complete else _unknown(found)
        verdicts[goal] = REACHED if goal in found.reached else unmet
    order = dict.fromkeys([*protocol.methods("invariant"), *verdicts])
    return Version(protocol, sizes, found, {name: verdicts[name] for name in order})


def _unknown(found: Exploration) -> str:
    """Why a search that did not end says nothing of a property."""
    if found.undefined is not None:
        return f"unknown, since {found.undefined.name} is undefined after {_steps(found)}"
    return f"unknown: {found.outcome.value}"


def _steps(found: Exploration) -> str:
    return f"{found.depth} step{'' if found.depth == 1 else 's'}"


def _direction(
    one: Version, other: Version, limit: int | None, mapping: Refinement | None, advice: str
) -> OneWay:
    """Whether each step of one is a step of the other, read by a mapping or as it is.

    The advice is for where it cannot be read as it is.
    """
    missing = other.protocol.variables().keys() - one.protocol.variables().keys()
    if missing and mapping is None:
        listed = ", ".join(sorted(missing))
        return OneWay(None, f"it has no {listed}; {advice}")
    plain = identity(one.protocol, other.protocol)
    link = mapping or replace(plain, sorts=renamed(one.protocol, other.protocol))
    try:
        check = check_refinement(link, dict(one.sizes), one.sizes.faults, limit=limit)
    except (InputError, SizeError, ModelError, StepError) as error:
        reason = str(error).partition("\n")[0]
        unread = mapping is None and isinstance(error, InputError)
        return OneWay(None, f"{reason}; {advice}" if unread else reason)
    return OneWay(check)
