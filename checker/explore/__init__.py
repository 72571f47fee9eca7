"""Explicit-state model checking: compiled kernels, reductions, stores, searches."""
