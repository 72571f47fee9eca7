"""A generated protocol with another guard, and whether it refines what it was made from."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from quorate.checker.refine.explored import RefinementCheck, check_refinement
from quorate.model.language import Protocol, Sizes
from quorate.model.refinements import identity

from ...support.strategies import Source

MOST = 300  # states


def modified(source: Source, random: Random) -> Source | None:
    """With one guard turned round, or without any; None if there are none."""
    chosen = re.findall(r"^ +require\(.*\)$", source.text, re.MULTILINE)
    if not chosen:
        return None
    if random.random() < 0.5:
        text = re.sub(r"^( +require)\(.*\)$", r"\1(True)", source.text, flags=re.MULTILINE)
    else:
        line = random.choice(chosen)
        text = source.text.replace(line, f"{line.replace('require(', 'require(not (', 1)})", 1)
    return Source(text, source.sizes, source.faults)


def checked(
    concrete: type[Protocol], abstract: type[Protocol], sizes: Sizes, steps: int = 1
) -> RefinementCheck:
    link = replace(identity(concrete, abstract), steps=steps)
    return check_refinement(link, dict(sizes), sizes.faults, limit=MOST * 10)
