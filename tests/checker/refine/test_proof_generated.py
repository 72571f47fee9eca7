"""Random protocols: what is proved to refine another one does so in exploration."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from quorate.checker.refine.explored import RefinementStatus
from quorate.checker.refine.proof import prove_refinement
from quorate.model.language import ModelError, Protocol, SizeError, StepError
from quorate.model.refinements import identity

from ...support.strategies import Source, generate, loaded, sized
from .modified import checked, modified

# What a seed gives changes when the generator learns something; this one stays as it is.
WRITTEN = Source(
    """
from quorate.model.language import Map, Protocol, Sort, action, durable, require


class Node(Sort): ...


class Proto(Protocol):
    up: Map[Node, bool] = durable(False)
    one: bool = durable(False)

    @action
    def rise(self, n: Node) -> None:
        require(not self.one)
        self.up[n] = True
        self.one = True

    @action
    def fall(self, n: Node) -> None:
        require(self.up[n])
        self.up[n] = False
        self.one = False
""",
    {"Node": 2},
    {},
)

RANKED = Source(
    """
from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, require


class Node(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Proto(Protocol):
    seen: Map[Node, Ballot] = durable(Ballot.never)

    @action
    def raise_to(self, n: Node, b: Ballot) -> None:
        require(max(self.seen[m] for m in Node) < b)
        self.seen[n] = b
""",
    {"Node": 2, "Ballot": 2},
    {},
)

BATCHES = [range(k, k + 43) for k in range(0, 172, 43)]


@pytest.mark.exhaustive
@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_generated_protocols(seeds: range) -> None:
    told: Counter[str] = Counter()
    for seed in seeds:
        random = Random(seed)
        source = generate(random)
        if "fifo(" in source.text:
            continue  # refinements do not know links
        changed, steps = modified(source, random), 1 + seed % 2
        with loaded(source) as original, loaded(source) as twin:
            told[f"itself: {compare(twin, original, source, steps)}"] += 1
        if changed is not None:
            with loaded(source) as original, loaded(changed) as other:
                told[f"modified: {compare(other, original, source, steps)}"] += 1
    assert told["itself: proved"] >= 1, told
    assert any(k.startswith("modified: open") for k in told), told


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ("require(not self.one)", "proved"),
        ("require(not self.one and not self.up[n])", "proved"),
        ("require(True)", "open, does not refine"),
        ("require(not (not self.one))", "open, refines"),
    ],
)
def test_a_guard_that_is_changed(guard: str, said: str) -> None:
    text = WRITTEN.text.replace("require(not self.one)", guard)
    with loaded(WRITTEN) as original, loaded(replace(WRITTEN, text=text)) as other:
        assert compare(other, original, WRITTEN, 1) == said


@pytest.mark.parametrize(("bound", "said"), [("< b", "proved"), ("<= b", "open, does not refine")])
def test_the_greatest_of_many(bound: str, said: str) -> None:
    text = RANKED.text.replace("< b", bound)
    with loaded(RANKED) as original, loaded(replace(RANKED, text=text)) as other:
        assert compare(other, original, RANKED, 1) == said


def compare(concrete: type[Protocol], abstract: type[Protocol], source: Source, steps: int) -> str:
    """Assert that nothing is proved that exploration refutes; returns what both say."""
    sizes = sized(concrete, source)
    if set(sizes) != set(sized(abstract, source)):
        return "skipped"
    try:
        found = checked(concrete, abstract, sizes, steps)
        link = replace(identity(concrete, abstract), steps=steps)
        proof = prove_refinement(link, dict(sizes), effort=0.2)
    except (ModelError, StepError, SizeError):
        return "skipped"
    if proof.proved:
        assert found.status is not RefinementStatus.FAILS, (source.text, proof)
        return "proved"
    if proof.unsupported is not None:
        return f"not covered: {proof.unsupported.rpartition(': ')[2]}"
    return f"open, {found.status.value}"
