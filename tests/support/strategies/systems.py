"""Random quorum systems, as source."""

from __future__ import annotations

from random import Random

from quorate.model.language.declare.structures import HOLDS


def plain_system(r: Random, n: int) -> str:
    """`Quo`, a system of n processes that counts or lists them."""
    least = r.randint(1, n)
    pairs = [tuple(sorted({r.randrange(n), r.randrange(n)})) for _ in range(2)]
    weights = tuple(r.randint(1, 3) for _ in range(n))
    return r.choice(
        (
            "class Quo(Majority[Proc]): ...\n",
            f"class Quo(Flexible[Proc], size={least}): ...\n",
            f"class Quo(Weighted[Proc], weights={weights}): ...\n",
            f"class Quo(Explicit[Proc], quorums={pairs}): ...\n",
        )
    )


def structured_system(r: Random, n: int) -> str:
    """`Quo`, a system of n processes that have places in a structure, or that a formula chooses."""
    members = tuple(sorted(r.sample(range(n), r.randint(1, n))))
    test = r.choice(
        (
            "2 * len(q) > len(Proc)",
            "proc0 in q",
            "len(q) > 0 and all(p in q for p in Proc if p != proc0)",
        )
    )
    kinds = [
        f"class Quo(Grid[Proc], columns={r.choice((1, n))}, holds={r.choice(HOLDS)!r}): ...\n",
        "class Quo(Tree[Proc]): ...\n",
        f"class Quo(Configuration[Proc], members={members}): ...\n",
        "class Every(Majority[Proc]): ...\n"
        f"class Some(Configuration[Proc], members={members}): ...\n"
        "class Quo(Joint[Proc], configurations=(Every, Some)): ...\n",
        "class Every(Majority[Proc]): ...\n"
        f"class Quo(Flexible[Proc], size={r.randint(1, n)}, meets=Every): ...\n",
        "class Quo(Predicate[Proc]):\n    def is_quorum(self, q: Set[Proc]) -> bool:\n"
        f"        return {test}\n",
    ]
    if n > 1:
        kinds.append(f"class Quo(Hierarchical[Proc], branching=({n},)): ...\n")
    return r.choice(kinds)
