"""Finding the invariants by which a safety property is proved, from the property alone."""

from .finder import Found, Progress, Verdict, find_invariants

__all__ = ["Found", "Progress", "Verdict", "find_invariants"]
