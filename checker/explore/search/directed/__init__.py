"""Searches for spaces that cannot be exhausted: depth-first, best-first, random."""
