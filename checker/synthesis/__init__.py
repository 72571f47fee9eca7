"""Finding the invariants by which a safety property is proved, from the property alone."""

from .finder import find_invariants
from .outcome import Found, Progress, Verdict

__all__ = ["Found", "Progress", "Verdict", "find_invariants"]
