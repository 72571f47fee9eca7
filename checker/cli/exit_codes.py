"""The exit codes of `quorate`: 0 if everything holds, and one for each other ending."""

from __future__ import annotations

VIOLATED = 1
USAGE = 2
MODEL = 3
INCONCLUSIVE = 4
NONCONFORMING = 5
OUR_BUG = 70
INTERRUPTED = 130
