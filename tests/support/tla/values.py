"""The values of TLA+, for the interpreter of the tests: as strict as TLC about comparing them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

ENUMERABLE = 1000  # a set of more functions or records is asked for membership only


class TlaError(Exception):
    """What TLC would stop at."""


class Model:
    """A model value: equal to itself alone, comparable with everything."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Fn(dict[Any, Any]):
    """A function; records are functions of strings, tuples of 1..n."""

    _hash: int | None = None

    def __hash__(self) -> int:  # type: ignore[override]
        if self._hash is None:
            self._hash = hash(frozenset(self.items()))
        return self._hash

    def __missing__(self, key: Any) -> Any:
        raise TlaError(f"{self!r} is applied to {key!r}, outside its domain")


def tup(*items: Any) -> Fn:
    return Fn(enumerate(items, 1))


class Lazy:
    """A LET definition: looked at when it is used, once."""

    def __init__(self, compute: Callable[[], Any]) -> None:
        self.compute, self.known = compute, False

    def __call__(self) -> Any:
        if not self.known:
            self.value, self.known = self.compute(), True
        return self.value


class Large:
    """A set that is asked for membership only."""

    def __init__(self, holds: Callable[[Any], bool]) -> None:
        self.holds = holds

    def __contains__(self, item: Any) -> bool:
        return self.holds(item)


def look(env: Mapping[str, Any], name: str) -> Any:
    """What a name stands for."""
    value = env[name]
    return value() if isinstance(value, Lazy) else value


def functions(domain: frozenset[Any], range_: Any) -> Any:
    if isinstance(range_, frozenset) and len(range_) ** len(domain) <= ENUMERABLE:
        keys = list(domain)
        rows = itertools.product(range_, repeat=len(keys))
        return frozenset(Fn(zip(keys, row, strict=True)) for row in rows)

    def holds(f: Any) -> bool:
        return isinstance(f, Fn) and f.keys() == domain and all(v in range_ for v in f.values())

    return Large(holds)


def records(fields: dict[str, Any]) -> Any:
    sets = list(fields.values())
    plain = all(isinstance(s, frozenset) for s in sets)
    if plain and math.prod(map(len, sets)) <= ENUMERABLE:
        return frozenset(Fn(zip(fields, row, strict=True)) for row in itertools.product(*sets))

    def holds(r: Any) -> bool:
        same = isinstance(r, Fn) and r.keys() == fields.keys()
        return same and all(r[name] in values for name, values in fields.items())

    return Large(holds)


def eq(a: Any, b: Any) -> bool:
    if type(a) is type(b):
        return bool(a == b)
    if isinstance(a, Model) or isinstance(b, Model):
        return False
    raise TlaError(f"{a!r} is compared with {b!r}")


def less(a: Any, b: Any) -> bool:
    if type(a) is not int or type(b) is not int:
        raise TlaError(f"{a!r} < {b!r}")
    return a < b


def true(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TlaError(f"{value!r} is no truth value")
    return value


def cup(a: Any, b: Any) -> Any:
    if isinstance(a, frozenset) and isinstance(b, frozenset):
        return a | b
    return Large(lambda x: x in a or x in b)


def subset(a: frozenset[Any], b: Any) -> bool:
    return all(x in b for x in a)


def union(sets: Iterable[Any]) -> Any:
    found = list(sets)
    if all(isinstance(s, frozenset) for s in found):
        return frozenset(itertools.chain.from_iterable(found))
    return Large(lambda x: any(x in s for s in found))


def powerset(members: frozenset[Any]) -> frozenset[Any]:
    rows = (itertools.combinations(members, n) for n in range(len(members) + 1))
    return frozenset(map(frozenset, itertools.chain.from_iterable(rows)))


def product(*sets: frozenset[Any]) -> frozenset[Any]:
    return frozenset(tup(*row) for row in itertools.product(*sets))


def choose(found: Iterator[Any]) -> Any:
    for value in found:
        return value
    raise TlaError("CHOOSE finds nothing")


def apply(f: Any, *args: Any) -> Any:
    if not isinstance(f, Fn):
        raise TlaError(f"{f!r} is no function")
    return f[args[0] if len(args) == 1 else tup(*args)]


def field(record: Any, name: str) -> Any:
    if not isinstance(record, Fn):
        raise TlaError(f"{record!r} has no fields")
    return record[name]


def updated(f: Fn, args: tuple[Any, ...], new: Callable[[Any], Any]) -> Fn:
    """`[f EXCEPT ![args] = new(@)]`."""
    key = args[0] if len(args) == 1 else tup(*args)
    return Fn({**f, key: new(f[key])}) if key in f else f


def function(rows: Iterable[tuple[tuple[Any, ...], Any]]) -> Fn:
    return Fn((k[0] if len(k) == 1 else tup(*k), v) for k, v in rows)


def sub_seq(s: Fn, first: int, last: int) -> Fn:
    if first > last:
        return tup()
    if first < 1 or last > len(s):
        raise TlaError(f"SubSeq({s!r}, {first}, {last})")
    return tup(*(s[i] for i in range(first, last + 1)))


def select_seq(s: Fn, holds: Callable[[Any], bool]) -> Fn:
    return tup(*(s[i] for i in range(1, len(s) + 1) if true(holds(s[i]))))


def concat(a: Fn, b: Fn) -> Fn:
    return tup(*(a[i] for i in range(1, len(a) + 1)), *(b[i] for i in range(1, len(b) + 1)))


def interval(a: int, b: int) -> frozenset[int]:
    return frozenset(range(a, b + 1))


def sequences(of: Any) -> Large:
    return Large(
        lambda x: (
            isinstance(x, Fn)
            and set(x) == set(range(1, len(x) + 1))
            and all(v in of for v in x.values())
        )
    )


def those(of: Any, holds: Callable[[Any], bool]) -> Any:
    """`{x \\in of : holds(x)}`; of a set that cannot be listed, asked for membership, too."""
    if isinstance(of, Large):
        return Large(lambda x: x in of and true(holds(x)))
    return frozenset(x for x in of if true(holds(x)))


LIBRARY: dict[str, Callable[..., Any]] = {
    "Cardinality": len,
    "Len": len,
    "Seq": sequences,
    "Append": lambda s, x: concat(s, tup(x)),
    "SubSeq": sub_seq,
    "SelectSeq": select_seq,
}
