"""The code's own identifiers, bound to the model's elements: one to one, and in the model's order.

Code names its ballots (n, uid), its requests by random numbers, its leases by time. A model has
elements: b1, b2, b3. An adapter binds one to the other when the code first uses an identifier, and
reads the code's state and messages through the binding.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

from .adapter import Refusal, Unrealisable

Id = TypeVar("Id", bound=Hashable)


class Identifiers(Generic[Id]):
    """A binding between identifiers of the code and elements of one sort, named in their order.

    If the sort is ordered, identifiers must be in the order of the elements that they are bound to:
    whoever takes b2 after somebody took b1 must have taken a higher number. `fixed` are bound from
    the start, such as `{"never": None}`; they are not compared.
    """

    def __init__(
        self,
        elements: Sequence[Any],
        ordered: bool = False,
        fixed: dict[str, Any] | None = None,
    ) -> None:
        self._order = {element: k for k, element in enumerate(elements)}
        self._ordered = ordered
        self._fixed = dict(fixed or {})
        self._ids: dict[str, Id] = {}
        self._elements: dict[Any, str] = {x: element for element, x in self._fixed.items()}

    def bind(self, element: str, identifier: Id) -> None:
        """The code used an identifier where the model has this element.

        Raises Refusal, which tells what is wrong, if either is bound to another, or if the order
        is not the model's. A refusal is a difference: the code uses an identifier again, or a lower
        one than before.
        """
        if self._ids.get(element) == identifier and element in self._ids:
            return
        if element in self._ids:
            raise Refusal(f"{element} is {self._ids[element]!r}, and now {identifier!r}")
        if identifier in self._elements:
            raise Refusal(f"{identifier!r} is used again: it is {self._elements[identifier]}")
        for other, known in self._ids.items() if self._ordered else ():
            below = self._order[other] < self._order[element]
            if below != (known < identifier):  # type: ignore[operator]
                should = "above" if below else "below"
                raise Refusal(f"{identifier!r} for {element} is not {should} {known!r}, {other}")
        self._ids[element] = identifier
        self._elements[identifier] = element

    def id(self, element: str) -> Id:
        """What the code calls an element. Raises Unrealisable where it has no name for it yet."""
        if element in self._fixed:
            return self._fixed[element]  # type: ignore[no-any-return]
        if element not in self._ids:
            raise Unrealisable(f"the code has nothing yet that is {element}")
        return self._ids[element]

    def element(self, identifier: Any) -> str:
        """The element that an identifier stands for; where it stands for none, its own text.

        That text is no element of the model, so that showing it is told as a mistake.
        """
        return self._elements.get(identifier, f"(unbound) {identifier!r}")

    def free(self) -> list[str]:
        """The elements that nothing is bound to yet, in order."""
        return [e for e in self._order if e not in self._ids and e not in self._fixed]

    def snapshot(self) -> Any:
        """The binding as it is now, for the adapter's own `snapshot`."""
        return dict(self._ids), dict(self._elements)

    def restore(self, snapshot: Any) -> None:
        """Put a binding back."""
        ids, elements = snapshot
        self._ids, self._elements = dict(ids), dict(elements)
