"""Sorts: the finite sets that states are made of, and their sizes in one run.

Elements do not depend on sizes. How many elements each sort has is said by the active `Sizes`,
which `with Paxos.sized(Acceptor=3, ...):` enters.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import total_ordering
from typing import Any, ClassVar, Self, TypeVar

from quorate.model.language.diagnostics import SizeError

T = TypeVar("T")

MOST_NUMBERS = 1024  # of one range: sets of codes are as wide

_active: ContextVar[Mapping[type, tuple[Any, ...]]] = ContextVar("quorate_sizes")


def elements_of(sort: type) -> tuple[Any, ...]:
    """The proper elements of a sort, an enum or a quorum system under the active sizes."""
    if issubclass(sort, enum.Enum):
        return tuple(sort)
    if issubclass(sort, Int):
        return tuple(range(sort.low, sort.high + 1))
    try:
        return _active.get()[sort]
    except (LookupError, KeyError):
        raise SizeError(
            f"{sort.__name__} has no size here: run inside "
            f"`with YourProtocol.sized({sort.__name__}=...):`"
        ) from None


_letters: dict[tuple[str, str], dict[str, str]] = {}
"""What names the elements of each sort of a module, or of a function."""


def _letter(name: str, taken: set[str]) -> str:
    """The first letters of a sort's name, as few as tell it from the others."""
    found = (name[:k].lower() for k in range(1, len(name) + 1))
    return next((x for x in found if x.isalpha() and x not in taken), name[0].lower())


class SortMeta(type):
    """Iterating a sort yields its proper elements; `len` counts them."""

    def __iter__(cls: type[T]) -> Iterator[T]:
        return iter(elements_of(cls))

    def __len__(cls) -> int:
        return len(elements_of(cls))

    def __bool__(cls) -> bool:
        return True

    def __repr__(cls) -> str:
        return cls.__name__


class Sort(metaclass=SortMeta):
    """Interchangeable elements, told apart by `==` alone: acceptors, values, clients.

    `short=` is the letter that names the elements (a0, a1, ...); by default the first of the name,
    or as many as tell it from the sorts above it. `size=` fixes their number in every
    configuration, as for the one coordinator. `named=` gives the first elements names of their
    own: with `named="root"` there is `Node.root`, which may differ from the others.
    `process=True` says that they are processes: diagrams have a column for each, and for nothing
    else. If no sort says so, processes are what keys a map first, unless that says `process=False`.
    """

    short: ClassVar[str]
    process: ClassVar[bool | None] = None
    size: ClassVar[int | None] = None
    named: ClassVar[tuple[str, ...]] = ()
    first: ClassVar[int] = 0
    _made: ClassVar[dict[int, Any]]

    def __init_subclass__(
        cls,
        *,
        short: str | None = None,
        size: int | None = None,
        named: str | tuple[str, ...] = (),
        process: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        if process not in (None, True, False):
            raise TypeError(f"{cls.__name__}: process={process!r}, expected True or False")
        cls.process = cls.process if process is None else process
        if size is not None and (not isinstance(size, int) or size < 1):
            raise TypeError(f"{cls.__name__}: size={size!r}, expected a whole number, at least 1")
        cls.size = size
        around = (cls.__module__, cls.__qualname__.rpartition(".")[0])
        letters = _letters.setdefault(around, {})
        letters.pop(cls.__name__, None)
        cls.short = letters[cls.__name__] = short or _letter(cls.__name__, {*letters.values()})
        cls._made = {}
        cls.named = (named,) if isinstance(named, str) else tuple(named)
        taken = {*dir(cls), *Sort.__annotations__}
        if wrong := [n for n in cls.named if not n.isidentifier() or n in taken]:
            raise TypeError(f"{cls.__name__}: named={wrong[0]!r}, expected a name that is free")
        for i, name in enumerate(cls.named):
            setattr(cls, name, cls(i))

    index: int

    def __new__(cls, index: int) -> Self:
        if (made := cls._made.get(index)) is None:
            made = cls._made[index] = object.__new__(cls)
            made.index = index
        return made

    def __init__(self, index: int) -> None:
        """Elements are interned: equal indices give the same object."""

    def __repr__(self) -> str:
        if 0 <= self.index < len(self.named):
            return self.named[self.index]
        return f"{self.short}{self.index + self.first}"

    def __reduce__(self) -> Any:
        return (type(self), (self.index,))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


@total_ordering
class Ordered(Sort):
    """Elements in a total order: ballots, terms. `bottom="never"` adds an element below all.

    Variables may hold the bottom, but parameters and loops do not range over it.
    """

    bottom: ClassVar[str | None] = None
    first: ClassVar[int] = 1
    # Set by the `bottom=` keyword; annotated so that models type-check.
    never: ClassVar[Self]
    none: ClassVar[Self]
    zero: ClassVar[Self]

    def __init_subclass__(cls, *, bottom: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if bottom is not None:
            cls.bottom = bottom
            setattr(cls, bottom, cls(-1))

    def __lt__(self, other: Any) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.index < other.index

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.index))

    def __repr__(self) -> str:
        return self.bottom if self.index < 0 and self.bottom else super().__repr__()


class Ring(Ordered):
    """Elements in a circle, numbered 0, 1, ...: `n.next` comes after n, `n.prev` before it."""

    first: ClassVar[int] = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.bottom is not None:
            raise TypeError(f"{cls.__name__}: bottom={cls.bottom!r}, but nothing is below a circle")

    @property
    def next(self) -> Self:
        """The next element; after the last comes the first."""
        return type(self)((self.index + 1) % len(type(self)))

    @property
    def prev(self) -> Self:
        """The element before; before the first comes the last."""
        return type(self)((self.index - 1) % len(type(self)))


class Nat(int, metaclass=SortMeta):
    """The numbers 0..n, plain `int`s: log positions, counters. `Index=2` gives 0, 1, 2.

    `len(...)`, `+` and `-` give numbers. Storing one outside the range is undefined, which the
    checker reports as a mistake in the model; numbers never wrap or saturate.
    """


class Int(int, metaclass=SortMeta):
    """The numbers from `low` to `high`, which may be negative: `class Delta(Int, low=-3, high=3)`.

    They have no size to give. Arithmetic that one of them takes part in may go below 0; storing a
    number outside the range is undefined, as for `Nat`.
    """

    low: ClassVar[int]
    high: ClassVar[int]

    def __init_subclass__(cls, *, low: Any = None, high: Any = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if low is None or high is None:
            raise TypeError(f"say its range: `class {cls.__name__}(Int, low=-3, high=3)`")
        whole = all(type(n) is int for n in (low, high))
        if not whole or not low <= high or high - low >= MOST_NUMBERS:
            raise TypeError(
                f"{cls.__name__}: low={low!r}, high={high!r}, expected whole numbers with "
                f"low <= high, at most {MOST_NUMBERS} of them"
            )
        cls.low, cls.high = low, high


class Sizes(Mapping[str, int]):
    """One bounded configuration: the size of each sort and the budget of each fault."""

    def __init__(
        self,
        elements: Mapping[type, tuple[Any, ...]],
        given: Mapping[str, int],
        faults: Mapping[str, int],
    ) -> None:
        self.elements = dict(elements)
        self.faults = dict(faults)
        self._given = dict(given)
        self._tokens: list[Any] = []

    def __enter__(self) -> Self:
        self._tokens.append(_active.set(self.elements))
        return self

    def __exit__(self, *exc: object) -> None:
        _active.reset(self._tokens.pop())

    def __getitem__(self, name: str) -> int:
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def __str__(self) -> str:
        return ", ".join(f"{name}={n}" for name, n in {**self._given, **self.faults}.items())
