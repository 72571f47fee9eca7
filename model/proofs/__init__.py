"""Protocols with the companions that make their invariants inductive, at any size."""
