"""Random small protocols, as source: typed expressions and statements over the whole language.

Whatever is generated is meant to be accepted by capture; that a step or a property is then
sometimes undefined (a number out of its range, a second message under one key) is wanted.
"""

from .loading import loaded, sized
from .protocols import generate, generate_ending, sources
from .types import Source

__all__ = ["Source", "generate", "generate_ending", "loaded", "sized", "sources"]
