"""Explore, prove and conform: what Quorate does with a protocol description."""
