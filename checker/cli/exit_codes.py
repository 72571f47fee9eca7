"""The exit codes of `quorate`: 0 where everything holds, and one for each kind of what does not."""

from __future__ import annotations

VIOLATED = 1
USAGE = 2
MODEL = 3
INCONCLUSIVE = 4
NONCONFORMING = 5
OUR_BUG = 70
INTERRUPTED = 130
