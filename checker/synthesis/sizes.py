"""The sizes at which lemmas are searched for."""

from __future__ import annotations

from collections.abc import Iterator

from quorate.model.language import QuorumSystem, SizeError, Sizes
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sizing import sized_sorts
from quorate.model.language.declare.sorts import Nat, Ordered, Sort
from quorate.model.language.declare.types import MapType, SortType


def compact(protocol: type[Protocol]) -> Sizes:
    """Three of each order, which two show too little of, and one of what only keys maps."""
    sizes = next(growing(protocol))
    maps = [v.type for v in protocol.variables().values() if isinstance(v.type, MapType)]
    keys = {k.sort for t in maps for k in t.keys if isinstance(k, SortType)}
    keys -= {s.of for s in protocol.sorts().values() if issubclass(s, QuorumSystem)}
    found = {}
    for name, sort in protocol.sorts().items():
        if not issubclass(sort, QuorumSystem):
            order = issubclass(sort, Ordered)
            pinned = issubclass(sort, Sort) and sort.size
            found[name] = pinned or (3 if order else 1 if sort in keys else sizes[name])
    return protocol.sized(dict.fromkeys(protocol.budgets(), 1), **found)


def growing(protocol: type[Protocol]) -> Iterator[Sizes]:
    """Small sizes: first those of proofs, then more of one sort, of each that matters."""
    sorts = sized_sorts(protocol)
    of = {s.of for s in protocol.sorts().values() if issubclass(s, QuorumSystem)}
    pinned = {n: s.size for n, s in sorts.items() if issubclass(s, Sort) and s.size}
    least = {n: 3 if s in of else 1 if issubclass(s, Nat) else 2 for n, s in sorts.items()}
    more = [{}, {n: 1 for n, s in sorts.items() if issubclass(s, Ordered)}]
    more += [{n: k} for k in (1, 2) for n, s in sorts.items() if s in of]
    if not of:
        more += [{n: 1 for n, s in sorts.items() if not issubclass(s, (Ordered, Nat))}]
    seen: set[tuple[int, ...]] = set()
    for extra in more:
        sizes = {n: k + extra.get(n, 0) for n, k in least.items()} | pinned
        if tuple(sizes.values()) in seen:
            continue
        seen.add(tuple(sizes.values()))
        try:
            yield protocol.sized(dict.fromkeys(protocol.budgets(), 1), **sizes)
        except SizeError:
            continue
