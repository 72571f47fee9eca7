"""Replaying recorded traces and mutants' counterexamples on an implementation."""
