"""`quorate.export_tla`: a protocol as a TLA+ module, for people who trust TLC."""

from __future__ import annotations

from collections.abc import Mapping

from quorate.checker.export.tla import TlaModule as TlaModule
from quorate.checker.export.tla import export
from quorate.model.language import Protocol, Sizes

from ._check import loaded, sized


def export_tla(
    protocol: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    name: str | None = None,
    symmetry: bool = False,
) -> TlaModule:
    """Write a protocol as TLA+; with sizes, the configuration for TLC too.

    `name` is the module's name. With `symmetry`, TLC counts states up to symmetry. Raises
    ModelError, SizeError, and InputError for what has no form in TLA+.
    """
    target = loaded(protocol)
    bounds = None if sizes is None else sized(target, sizes, faults)
    return export(target, bounds, name, symmetry)
