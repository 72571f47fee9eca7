"""The correspondence of the code's identifiers to the model's elements.

Code names its ballots (3, "node-1"), its requests by random numbers, its leases by timestamps. The
model has b1, b2, ... A binding learns the correspondence, and detects contradictions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from quorate.checker.conform.adapter import Contradiction, Unrealisable
from quorate.traces import Value


class Binding:
    """Elements of one sort and identifiers of the code, one to one.

    With `ordered`, identifiers are in the order of their elements; `fixed` are pairs that are known
    from the start, such as {"never": None}, and stand outside that order.
    """

    def __init__(
        self,
        elements: Sequence[Value],
        *,
        ordered: bool = False,
        fixed: Mapping[Value, Hashable] | None = None,
    ) -> None:
        self._rank = {element: i for i, element in enumerate(elements)}
        self._ordered = ordered
        self._identifier: dict[Value, Any] = {}
        self._element: dict[Any, Value] = {}
        for element, identifier in (fixed or {}).items():
            self._put(element, identifier)
        self._fixed = frozenset(self._identifier)

    @classmethod
    def counting(cls, elements: Sequence[Value], first: int = 0) -> Binding:
        """Elements that the code counts: the first of them is `first`, the next one more."""
        return cls(elements, fixed={element: first + i for i, element in enumerate(elements)})

    def bind(self, element: Value, identifier: Hashable) -> Value:
        """Say that an identifier stands for an element; returns the element.

        Raises Contradiction if either stands for another, or the order is not kept.
        """
        if element in self._identifier:
            if (other := self._identifier[element]) != identifier:
                raise Contradiction(f"{element} is {other!r} in the code, and now {identifier!r}")
            return element
        if identifier in self._element:
            raise Contradiction(
                f"{identifier!r} stands for {self._element[identifier]}, and now for {element}"
            )
        if element not in self._rank:
            raise ValueError(f"{element} is none of {', '.join(map(str, self._rank))}")
        if self._ordered:
            self._check_order(element, identifier)
        self._put(element, identifier)
        return element

    def element(self, identifier: Hashable) -> Value:
        """The element that an identifier stands for.

        Raises Contradiction if it stands for none: no step of the model has made it.
        """
        if identifier not in self._element:
            raise Contradiction(f"the code has {identifier!r}, which stands for nothing here")
        return self._element[identifier]

    def identifier(self, element: Value) -> Any:
        """What stands for an element. Raises Unrealisable if nothing does yet."""
        if element not in self._identifier:
            raise Unrealisable(f"the code has nothing yet that stands for {element}")
        return self._identifier[element]

    def __contains__(self, element: Value) -> bool:
        """Whether something stands for an element."""
        return element in self._identifier

    def __iter__(self) -> Iterator[tuple[Value, Any]]:
        """The pairs that are known."""
        return iter(self._identifier.items())

    def _put(self, element: Value, identifier: Any) -> None:
        self._identifier[element], self._element[identifier] = identifier, element

    def _check_order(self, element: Value, identifier: Any) -> None:
        rank = self._rank[element]
        for other, known in self._identifier.items():
            if other not in self._fixed and (self._rank[other] < rank) != (known < identifier):
                relation = "below" if self._rank[other] < rank else "above"
                raise Contradiction(
                    f"{other} is {relation} {element}, but the code has {known!r} for {other} "
                    f"and {identifier!r} for {element}"
                )
