"""A Z3 context: terms that know nothing of what the process did before."""

from __future__ import annotations

import z3


class Context(z3.Context):  # type: ignore[misc]
    """A context that may be interrupted while it is made.

    Its finaliser looks whether there is something to free. Ctrl-C may come before the constructor
    has said so.
    """

    owner = False
