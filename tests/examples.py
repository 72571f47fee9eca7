"""How many examples a test of Hypothesis tries, in terms of the profile that is in force."""

from __future__ import annotations

from hypothesis import settings


def share(parts: int) -> settings:
    """One of so many parts of the profile's examples: for tests whose examples are costly."""
    return settings(max_examples=max(1, settings().max_examples // parts))
