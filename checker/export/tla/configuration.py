"""The .cfg file, which gives TLC the sizes and the properties to check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from quorate.model.language import Nat, Ordered, Sizes, Sort
from quorate.model.language.ir import surface as s

from .domains import Domains
from .names import fresh
from .operators import plain
from .systems import Systems


@dataclass
class TlcConfiguration:
    """Writes the configuration of a module at the sizes given."""

    name: str
    description: s.Description
    domains: Domains
    systems: Systems
    sizes: Sizes
    models: dict[Sort, str] = field(default_factory=dict)

    def write(self, symmetry: bool, keyed: bool) -> str:
        d = self.domains
        lines = [
            f"\\* {plain(f'{self.description.protocol.__name__} with {self.sizes}.')}",
            f"\\* java -jar tla2tools.jar -config {self.name}.cfg {self.name}.tla",
            "SPECIFICATION Spec",
            "CONSTANTS",
            *(f"  {name} = {value}" for name, value in self._constants()),
            "INVARIANTS",
            "  TypeOK",
            *(["  KeysAreUnique"] if keyed else []),
            *self._named("invariant"),
        ]
        if bounds := self._named("constraint"):
            lines += ["CONSTRAINTS", *bounds]
        if self.description.temporal:
            lines += ["PROPERTIES", *(f"  {d.own(p.name)}" for p in self.description.temporal)]
        if self.systems.symmetric():
            if not symmetry:
                lines.append("\\* With the next line TLC counts states up to symmetry: fewer.")
            lines.append(("" if symmetry else "\\* ") + "SYMMETRY Symmetry")
        return "\n".join([*lines, "CHECK_DEADLOCK FALSE"]) + "\n"

    def _named(self, kind: str) -> list[str]:
        found = (p for p in self.description.properties if p.kind == kind)
        return [f"  {self.domains.own(p.name)}" for p in found]

    def _constants(self) -> Iterable[tuple[str, str]]:
        d = self.domains
        for sort in sorted(d.sorts, key=lambda x: x.__name__):
            if issubclass(sort, (Nat, Ordered)):
                yield d.largest(sort), str(self.sizes[sort.__name__])
            else:
                yield d.sort(sort).text, self._set(self.sizes.elements[sort])
        for element, name in d.elements.items():
            yield name, self._element(element)
        for system in self.systems.constants():
            quorums = [self._set(sorted(q, key=_place)) for q in self.sizes.elements[system]]
            yield d.system(system).text, "{" + ", ".join(quorums) + "}"
        for fault in d.budgets():
            yield d.most(fault).text, str(self.sizes.faults[fault])
        if d.none:
            yield "None", "None"

    def _set(self, elements: Iterable[Any]) -> str:
        return "{" + ", ".join(map(self._element, elements)) + "}"

    def _element(self, element: Sort) -> str:
        """An element: a number, or a model value called as the element is shown."""
        if isinstance(element, Ordered):
            return str(element.index + 1)
        if element not in self.models:
            self.models[element] = fresh(repr(element), self.models.values())
        return self.models[element]


def _place(element: Sort) -> int:
    return element.index
