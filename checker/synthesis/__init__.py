"""Finding the invariants by which a safety property is proved, from the property alone."""

from .finder import find_invariants
from .outcome import SynthesisProgress, SynthesisResult, SynthesisStatus

__all__ = ["SynthesisProgress", "SynthesisResult", "SynthesisStatus", "find_invariants"]
