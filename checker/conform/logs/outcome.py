"""What became of a log that was held against a model."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from .explaining import NearMiss
from .line import Says
from .reading import LinePlace
from .steps import Call


class LogVerdict(enum.Enum):
    """What became of a log."""

    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Unexplained:
    """The first line without an explanation, and what came nearest to one."""

    place: LinePlace
    text: str
    attempts: tuple[NearMiss, ...]
    ends: int
    """In how many states the lines before may have ended."""
    widths: tuple[int, ...]
    """How many states explained each of the last lines before."""
    further: tuple[Call, ...] | None
    """Hidden steps with which it would have one."""


@dataclass(frozen=True, slots=True)
class LogStep:
    """A line of a log, and the steps that a run takes up to it, by name."""

    place: LinePlace
    text: str
    node: str | None
    steps: tuple[str, ...]
    compares: bool
    """Whether the line says anything of the model."""
    said: Says | None


@dataclass(frozen=True)
class Validation:
    """How a log fared.

    `lines` are all that are in it, `explained` those that a run explains, `compared` those of them
    that say anything of the model.
    """

    verdict: LogVerdict
    files: tuple[str, ...]
    lines: int
    compared: int
    explained: int
    hidden: int
    steps: int
    """How many steps the run has that explains them."""
    reason: str | None = None
    """Why it is inconclusive."""
    failure: Unexplained | None = None
    beyond: tuple[tuple[LinePlace, str], ...] = ()
    left_out: tuple[tuple[LinePlace, str], ...] = ()
    """What lines say that the model does not have, and that was therefore not compared."""
    torn: tuple[LinePlace, ...] = ()
    """The lines that a crash cut."""
    branched: tuple[tuple[LinePlace, int], ...] = ()
    """Where it was given up: the lines at which there was most often more than one way to go on."""
    run: tuple[LogStep, ...] = ()
    names: Mapping[str, str] | None = None
