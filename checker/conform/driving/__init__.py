"""Driving an implementation through the transitions of a model, without knowing a bug."""
