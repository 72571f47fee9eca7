"""`quorate.assert_holds` and the like: claims about a protocol or an implementation, in tests.

Where one is not met they raise UnmetError, whose text is the result with its counterexample. The
pytest plugin shows this text, and where the call stands, in place of a traceback.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from quorate.checker.conform.adapter import Adapter
from quorate.checker.explore.claims import claimed_alone
from quorate.checker.reports.cases import CaseStatus
from quorate.model.language import Protocol, Sizes

from . import searches as s
from ._check import ALL_STATES, check, loaded
from ._conform import ConformResult, conform
from .errors import UnmetError
from .results import CheckResult


def assert_holds(
    protocol: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    invariants: Collection[str] | None = None,
    temporal: Collection[str] | None = None,
    search: s.Reducible = ALL_STATES,
    symmetry: bool = False,
    deadlock: bool = False,
    strict: bool = False,
) -> CheckResult:
    """Make sure that a protocol's properties hold in all reachable states; the search's result.

    The arguments are those of `check`. With `strict`, there must be no warning either: no goal that
    is never reached, no guard that is never false.

    Raises UnmetError where a property is violated, undefined or left open; ModelError, SizeError,
    InputError.
    """
    __tracebackhide__ = True
    result = check(
        protocol,
        sizes=sizes,
        faults=faults,
        invariants=invariants,
        temporal=temporal,
        search=search,
        symmetry=symmetry,
        deadlock=deadlock,
    )
    if not result.holds or (strict and result.warnings):
        raise UnmetError(repr(result), result)
    return result


def assert_violates(
    protocol: type[Protocol] | str,
    name: str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    depth: int | None = None,
) -> CheckResult:
    """Make sure that a protocol violates a property, so that the property can tell; the result.

    It is an invariant, a property of runs, or "deadlock freedom". With `depth`, the shortest run to
    a violation must have so many steps; a property of runs has no depth.

    Raises UnmetError where the property holds, is left open, or is violated at another depth;
    ModelError, SizeError, InputError.
    """
    __tracebackhide__ = True
    target = loaded(protocol)
    of_states, of_runs, deadlock = claimed_alone(target, name, depth)
    result = check(
        target,
        sizes=sizes,
        faults=faults,
        invariants=of_states,
        temporal=of_runs,
        deadlock=deadlock,
    )
    (suite,) = result.suites
    if suite.cases[0].status is not CaseStatus.FAILED:
        raise UnmetError(f"{name} is not violated\n{result!r}", result)
    found = result.exploration
    if depth is not None and found.depth != depth:
        said = f"{name} is violated in {found.depth} steps, expected {depth}"
        raise UnmetError(f"{said}\n{result!r}", result)
    return result


def assert_conforms(
    protocol: type[Protocol] | str,
    adapter: Adapter | type[Adapter] | str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    **options: Any,
) -> ConformResult:
    """Make sure that an implementation does what a model does, and nothing else; the result.

    `adapter` drives it: a name as for `conform`, an object, or a class that is made without
    arguments. `options` are those of `conform`.

    Raises UnmetError where it does not conform or not all was driven; ModelError, StepError,
    SizeError, InputError, AdapterError.
    """
    __tracebackhide__ = True
    driver = adapter() if isinstance(adapter, type) else adapter
    result = conform(protocol, driver, sizes=sizes, faults=faults, **options)
    if not result.holds:
        raise UnmetError(repr(result), result)
    return result
