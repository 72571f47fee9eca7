"""A Ray cluster on this machine, however busy it is."""

from __future__ import annotations

from quorate.checker.errors import InputError

ATTEMPTS = 20  # Ray gives up starting after 30 seconds, whatever one says


def start_ray() -> None:
    """Start it, and join it."""
    from quorate.checker.explore.search.cluster import search

    for attempt in range(1, ATTEMPTS + 1):
        try:
            search.connect("local")
            return
        except InputError as error:
            if attempt == ATTEMPTS or "timed out during startup" not in str(error):
                raise
