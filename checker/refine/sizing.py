"""The sizes of both protocols of a refinement, from those that are given."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from quorate.checker.errors import InputError
from quorate.model.language import Nat, QuorumSystem, Sizes
from quorate.model.language.declare.queues import fifo_of
from quorate.model.language.declare.sizing import sized_sorts
from quorate.model.language.frontend.source import annotation_span
from quorate.model.refinements import Refinement


@dataclass(frozen=True)
class RefinementSizes:
    """The sizes of the concrete and of the abstract protocol; `joint` has the sorts of both."""

    concrete: Sizes
    abstract: Sizes
    joint: Sizes


def configure(
    refinement: Refinement, sizes: Mapping[str, int], faults: Mapping[str, int] | None
) -> RefinementSizes:
    """The sizes of both. Raises SizeError, InputError."""
    for v in refinement.abstract.variables().values():
        if fifo_of(v.type) is not None:
            place = annotation_span(v.owner, v.name, "value")
            raise InputError(f"{place}: a mapping cannot give fifo links (`{v.name}`)")
    lower, upper = sized_sorts(refinement.concrete), sized_sorts(refinement.abstract)
    own = {n: size for n, size in sizes.items() if n in lower or n not in upper}
    concrete = refinement.concrete.sized(faults, **own)
    matched = {name: match(refinement, sort, lower) for name, sort in upper.items()}
    missing = [n for n, match in matched.items() if match is None and n not in sizes]
    if missing:
        raise InputError(
            f"{refinement}: {refinement.abstract.__name__} has the sort {missing[0]}, "
            f"{refinement.concrete.__name__} none of that name; match it with one of "
            f"{', '.join(lower) or 'no sorts'} (sorts={{...}}), or give {missing[0]} a size"
        )
    abstract = refinement.abstract.sized(
        None, **{n: sizes[n if match is None else match] for n, match in matched.items()}
    )
    for sort, elements in abstract.elements.items():
        if concrete.elements.get(sort, elements) != elements:
            raise InputError(f"{refinement}: {sort.__name__} would have two sizes at once")
    joint = {**abstract.elements, **concrete.elements}
    for system in _mentioned_quorums(refinement):
        if system not in joint and system.of in joint:
            joint[system] = system.quorums(joint[system.of])
    return RefinementSizes(concrete, abstract, Sizes(joint, dict(concrete), concrete.faults))


def _mentioned_quorums(refinement: Refinement) -> list[type[QuorumSystem[Any]]]:
    """The quorum systems that the mapping names, which neither protocol need use."""
    code = getattr(refinement.mapping, "__code__", None)
    if code is None:
        return []
    scope = {
        **refinement.mapping.__globals__,
        **inspect.getclosurevars(refinement.mapping).nonlocals,
    }
    codes, names = [code], list[str]()
    for inner in codes:
        names += (*inner.co_names, *inner.co_freevars)
        codes += [c for c in inner.co_consts if isinstance(c, CodeType)]
    found = (scope.get(name) for name in names)
    systems = [s for s in found if isinstance(s, type) and issubclass(s, QuorumSystem)]
    return [s for s in systems if hasattr(s, "of")]


def match(refinement: Refinement, sort: type, lower: Mapping[str, type]) -> str | None:
    """The name of the concrete sort that an abstract one is matched with."""
    for name, given in lower.items():
        if refinement.sorts.get(given) is sort:
            return name
    found = lower.get(sort.__name__)
    if found is None or found in refinement.sorts:
        return None
    if issubclass(found, Nat) != issubclass(sort, Nat):
        kinds = ["numbers" if issubclass(s, Nat) else "elements" for s in (found, sort)]
        raise InputError(
            f"{refinement}: {sort.__name__} are {kinds[0]} in {refinement.concrete.__name__} "
            f"and {kinds[1]} in {refinement.abstract.__name__}"
        )
    return sort.__name__
