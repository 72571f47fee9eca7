"""Generated protocols: the kernel agrees with plain Python on everything that can be told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import event, given

from quorate.model.language import ModelError, SizeError
from quorate.model.language.description import describe

from ...support.comparing.searches import compare
from ...support.comparing.symbolic import symbolic
from ...support.examples import share
from ...support.strategies import Source, generate, loaded, sized, sources

pytestmark = pytest.mark.usefixtures("own_cache")


def agree(source: Source) -> str:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
        except (ModelError, SizeError):
            return "rejected"
        return compare(protocol, sizes)


@given(sources())
@share(4)
def test_kernel_agrees_with_python(source: Source) -> None:
    event(agree(source))


@given(sources())
@share(4)
def test_loops_over_messages_agree_with_python(source: Source) -> None:
    """Messages whose fields stay symbolic, however few there may be."""
    with symbolic():
        event(agree(source))


def test_nearly_all_that_is_generated_is_accepted() -> None:
    """And most of the language occurs."""
    from random import Random

    fates: Counter[str] = Counter()
    made = [generate(Random(seed)) for seed in range(200)]
    text = "".join(source.text for source in made)
    for source in made[:24]:
        with loaded(source) as protocol:
            try:
                describe(protocol)
                fates["accepted"] += 1
            except ModelError as error:
                fates[error.diagnostics[0].code] += 1
    assert fates["accepted"] >= 22, fates
    wanted = (
        "Nat",
        "enum.Enum",
        "bottom=",
        "Majority",
        "Flexible",
        "Weighted",
        "Explicit",
        "@init",
        "@define",
        "volatile",
        "self.crash(",
        "key=",
        "Seq[",
        "Set[",
        "view: Map[",
        "elif",
        "for ",
        "any(",
        "all(",
        "len(",
        "min(",
        "max(",
        "not in",
        "[-1]",
        "[:",
        " if ",
        " | None",
        "range(",
        "is not None",
        "isinstance(",
    )
    assert [w for w in wanted if w not in text] == []


def test_generated_source_is_no_file() -> None:
    from random import Random

    with loaded(generate(Random(0))) as protocol:
        assert not Path(protocol.__module__).exists()
