"""Each verb on each network: its verdict, or a refusal by name and place; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quorate.checker.cli.main import run

from ...support.protocols import asking

FILE = asking.__file__
SIZES = {"Growing": "Node=2", "Once": "Node=2", "Links": "Node=2,Depth=2"}
GONE = "messages that are gone once they are delivered"

# What `run` is given after the protocol, what it exits with for each network in turn, and what it
# says of the last two.
VERBS = [
    ("check", [], (0, 0, 0), ("asked_is_done", "asked_is_done")),
    ("check", ["--reference", "-i", "agreement"], (0, 0, 0), ("states", "states")),
    ("check", ["--symmetry", "-i", "agreement"], (0, 0, 0), ("states", "states")),
    ("check", ["--por", "-i", "agreement"], (0, 0, 0), ("states", "states")),
    ("check", ["--bmc", "4", "-i", "agreement"], (4, 4, 4), ("at most 4", "at most 4")),
    ("export", [], (0, 0, 2), ("MODULE Once", "a fifo network has no form in TLA+")),
]


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run(arguments)
    out, err = capsys.readouterr()
    return code, out + err


@pytest.mark.parametrize(("verb", "more", "codes", "words"), VERBS, ids=lambda x: str(x)[:20])
def test_verbs(
    verb: str,
    more: list[str],
    codes: tuple[int, ...],
    words: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, code, word in zip(SIZES, codes, ("", *words), strict=True):
        found, text = said([verb, f"{FILE}:{name}", "-s", SIZES[name], *more], capsys)
        assert (found, word in text) == (code, True), text


@pytest.mark.parametrize("name", ["Once", "Links"])
def test_proofs_for_any_size_name_the_network(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(["prove", f"{FILE}:{name}", "--no-refute"], capsys)
    assert code == 4 and GONE in text and "asking.py:" in text
    code, text = said(["prove", f"{FILE}:{name}", "--find"], capsys)
    assert code == 2 and GONE in text and "asking.py:" in text


# From and to, by the variables as they are.
REFINED = {
    ("Growing", "Growing"): 0,
    ("Growing", "Once"): 1,
    ("Growing", "Links"): 2,
    ("Once", "Growing"): 1,
    ("Once", "Once"): 0,
    ("Once", "Links"): 2,
    ("Links", "Growing"): 1,
    ("Links", "Once"): 0,
    ("Links", "Links"): 2,
}


@pytest.mark.parametrize(("pair", "code"), REFINED.items(), ids=str)
def test_refinements(pair: tuple[str, str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    lower, upper = pair
    sizes = SIZES["Links" if "Links" in pair else "Once"]
    names = [f"{FILE}:{lower}", f"{FILE}:{upper}", "--mapping", f"{FILE}:as_it_is"]
    found, text = said(["refine", *names, "-s", sizes], capsys)
    assert found == code, text
    assert ("a mapping cannot give fifo links (`sent`)" in text) == (code == 2)


@pytest.mark.parametrize("mapping", ["asks_are_there", "a_link_is_used"])
def test_a_mapping_reads_links(mapping: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was on a link is gone: states that differ in that alone have different images."""
    names = [f"{FILE}:Links", f"{FILE}:Flag", "--mapping", f"{FILE}:{mapping}"]
    code, text = said(["refine", *names, "-s", SIZES["Links"]], capsys)
    assert code == 1 and "raised" in text, text


@pytest.mark.parametrize("name", ["Growing", "Once", "Links"])
def test_a_log_without_its_messages(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "n.log"
    steps = [
        {"event": "ask", "args": {"a": "n0", "b": "n1"}},
        {"event": "answer", "args": {"b": "n1"}},
        {"event": "answer", "args": {"b": "n1"}},
    ]
    log.write_text("".join(json.dumps(step) + "\n" for step in steps))
    code, text = said(
        ["validate", str(log), "--model", f"{FILE}:{name}", "-s", SIZES[name]], capsys
    )
    assert code == 5 and ":3" in text, text
