"""Two versions of a protocol: what a modification changes, and what follows from it."""

from .comparing import compare
from .results import Modification, OneWay, PartDifference, Version

__all__ = ["Modification", "OneWay", "PartDifference", "Version", "compare"]
