"""Which sizes the sorts of a protocol may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quorate._spelling import instead
from quorate.model.language.diagnostics import SizeError

from .quorums import QuorumSystem
from .sorts import Nat


def check_sizes(
    cls: type,
    wanted: Mapping[str, type],
    sizes: Mapping[str, int],
    most: Mapping[str, int],
    least: Mapping[str, int],
) -> None:
    """Check given sizes; `most` is the largest of each sort, `least` the smallest of some.

    Raises SizeError.
    """
    listed = ", ".join(wanted) or "none"
    for name, n in sizes.items():
        if name not in wanted:
            said = f"{cls.__name__} has no sort `{name}` to give a size"
            raise SizeError(f"{said}; {instead(name, wanted)}")
        named = getattr(wanted[name], "named", ())
        smallest = least.get(name, 0 if issubclass(wanted[name], Nat) else max(1, len(named)))
        if not isinstance(n, int) or isinstance(n, bool) or n < smallest:
            why = f" ({', '.join(named)})" if named else ""
            why = ": two clocks that tick are one tick apart for a while" if name in least else why
            raise SizeError(f"{name}={n}: a size is a whole number, at least {smallest}{why}")
        if (only := getattr(wanted[name], "size", n)) not in (n, None):
            raise SizeError(f"{name}={n}: {cls.__name__} is declared for {name}={only} alone")
        if n > most[name]:
            raise SizeError(f"{name}={n}: a sort has at most {most[name]} elements")
    if missing := [name for name in wanted if name not in sizes]:
        raise SizeError(
            f"{cls.__name__} needs a size for {', '.join(missing)} (its sorts are {listed})"
        )


def sized_sorts(protocol: Any) -> dict[str, type]:
    """The sorts of a protocol whose sizes are given, by name: all but the quorum systems."""
    return {n: s for n, s in protocol.sorts().items() if not issubclass(s, QuorumSystem)}
