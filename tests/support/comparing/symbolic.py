"""Compiled models in which messages are not unrolled, however few there may be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from quorate.checker.ground import instances, quantifiers


@contextmanager
def symbolic() -> Iterator[None]:
    """The fields of messages stay symbolic in what is made here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(instances, "MOST_UNROLLED", 1)
        patch.setattr(quantifiers, "MOST_ONE_BY_ONE", 0)
        yield
