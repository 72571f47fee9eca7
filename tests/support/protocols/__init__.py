"""Protocols made for the tests of several folders."""
