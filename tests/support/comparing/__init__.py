"""Comparisons of what two readings of a protocol find."""
