"""Where an implementation departs from the run of a model: both sides, in words and values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BothSides:
    """A variable, or a cell of it, before what was tried, and after it on both sides.

    `code` is None where the implementation does not show it.
    """

    place: str
    before: str
    model: str
    code: str | None

    @property
    def differs(self) -> bool:
        """Whether both sides have different values."""
        return self.code is not None and self.code != self.model


@dataclass(frozen=True, slots=True)
class Departure:
    """What an implementation did otherwise after a run.

    `tried` is the step, None if the two do not even start alike. If the model has the step, it is
    the last of the run (`taken`); otherwise the model disables it after the run.
    """

    what: str
    tried: str | None
    taken: bool
    values: tuple[BothSides, ...] = ()
