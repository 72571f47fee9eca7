"""Errors of the checker's users: bad input, said once and clearly, exit code 2."""

from __future__ import annotations


class InputError(Exception):
    """A file, class, size or option that cannot be used; the text is for the user."""
