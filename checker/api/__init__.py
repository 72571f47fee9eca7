"""Quorate: a conformance checker for consensus protocols."""
