"""Each verb on each network: its verdict, or a refusal by name and place; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.traces import read_itf

from ...support.protocols import asking, echo

FILE = asking.__file__
SIZES = {"Growing": "Node=2", "Once": "Node=2", "Links": "Node=2,Depth=2"}
GONE = "messages that are gone once they are delivered"

# What `run` is given after the protocol, what it exits with for each network in turn, and what it
# says of the last two.
SAME = ("states", "states")
VERBS = [
    ("check", [], (0, 0, 0), ("asked_is_done", "asked_is_done")),
    ("check", ["--reference", "-i", "agreement"], (0, 0, 0), SAME),
    ("check", ["--symmetry", "-i", "agreement"], (0, 0, 0), SAME),
    ("check", ["--por", "-i", "agreement"], (0, 0, 0), SAME),
    ("check", ["--search", "best-first", "-i", "agreement"], (0, 0, 0), SAME),
    ("check", ["--search", "random", "-i", "agreement"], (4, 4, 4), ("random", "random")),
    ("check", ["--threads", "2", "-i", "agreement"], (0, 0, 0), SAME),
    ("check", ["--deadlock", "-i", "agreement"], (1, 1, 1), ("deadlock", "deadlock")),
    ("check", ["-t", "asked_is_done"], (0, 0, 0), ("asked_is_done", "asked_is_done")),
    ("check", ["--bmc", "4", "-i", "agreement"], (4, 4, 4), ("at most 4", "at most 4")),
    ("check", ["--induction", "1", "-i", "agreement"], (4, 4, 4), ("not k-inductive",) * 2),
    ("export", [], (0, 0, 2), ("MODULE Once", "a fifo network has no form in TLA+")),
]
SLOW = [
    ("verify", [], (0, 0, 0), ("no violation", "no violation")),
    ("check", ["--memory", "8MiB", "-i", "agreement"], (0, 0, 0), SAME),
    ("check", ["--ray", "local", "--workers", "1", "-i", "agreement"], (0, 0, 0), SAME),
]
CELLS = [
    pytest.param(
        [verb, f"{FILE}:{name}", "-s", SIZES[name], *more],
        code,
        word,
        id=" ".join([verb, name, *more]),
        # Where messages stay, each way of checking has tests of its own.
        marks=pytest.mark.exhaustive if slow or (more and name == "Growing") else (),
    )
    for slow, rows in enumerate((VERBS, SLOW))
    for verb, more, codes, words in rows
    for name, code, word in zip(SIZES, codes, ("", *words), strict=True)
]


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run(arguments)
    out, err = capsys.readouterr()
    return code, out + err


@pytest.mark.parametrize(("command", "code", "word"), CELLS)
def test_verbs(
    command: list[str], code: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--ray" in command:
        pytest.importorskip("ray", reason="the extra quorate[cluster] is not installed")
    found, text = said(command, capsys)
    assert (found, word in text) == (code, True), text


@pytest.mark.parametrize("name", ["Once", "Links"])
def test_proofs_for_any_size_name_the_network(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(["prove", f"{FILE}:{name}"], capsys)
    assert code == 4 and GONE in text and "asking.py:" in text
    assert "no proof for any size was tried" in text and "0 obligations" not in text
    code, text = said(["prove", f"{FILE}:{name}", "--find"], capsys)
    assert code == 2 and GONE in text and "asking.py:" in text


@pytest.mark.parametrize("name", ["Once", "Links"])
def test_a_refinement_for_any_size_names_the_network(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{FILE}:{name}", f"{FILE}:Flag", "--mapping", f"{FILE}:somebody_asked"]
    code, text = said(["refine", *names, "--prove", "-s", SIZES[name]], capsys)
    assert code == 4 and "open: not proved" in text and GONE in text and "asking.py:" in text


@pytest.mark.parametrize("name", SIZES)
def test_causes_of_what_is_received(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the network, what was received was sent in the step that the trace names."""
    file = tmp_path / "run.itf.json"
    options = ["--deadlock", "-i", "agreement", "--trace", str(file)]
    assert said(["check", f"{FILE}:{name}", "-s", SIZES[name], *options], capsys)[0] == 1
    steps = read_itf(file).steps
    assert [step.action for step in steps] == [*["ask"] * 2, *["answer"] * 2, *["finish"] * 2]
    for step in steps[2:]:
        (received,) = step.received
        sender = steps[received.step - 1]
        assert (
            sender.action == received.message.tag.lower() and sender.node == received.message["a"]
        )
        assert received.step in step.because


@pytest.mark.parametrize("name", ["Mistaken", "MistakenOnce", "MistakenLinks"])
def test_a_modification_that_is_wrong(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = SIZES["Links" if "Links" in name else "Once"]
    code, text = said(["check", f"{FILE}:{name}", "-s", sizes, "-i", "agreement"], capsys)
    assert code == 1 and "agreement is violated" in text and "finish(n0, Answer" in text


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


def test_a_log_shows_what_links_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask = {"tag": "Ask", "a": "n0", "b": "n1"}
    answer = {"tag": "Answer", "a": "n1", "b": "n0"}
    first = {"event": "ask", "args": {"a": "n0", "b": "n1"}, "sent[n0,n1]": [ask]}
    second = {"event": "answer", "args": {"b": "n1"}, "sent": {"n0,n1": [], "n1,n0": [answer]}}
    log = tmp_path / "n.log"
    for last, expected in ((second, 0), (second | {"sent[n1,n0]": [ask]}, 2), (first, 5)):
        log.write_text("".join(json.dumps(x) + "\n" for x in (first, last)))
        arguments = ["validate", str(log), "--model", f"{FILE}:Links", "-s", SIZES["Links"]]
        code, text = said(arguments, capsys)
        assert code == expected, text
    log.write_text(json.dumps({"send": [ask]}) + "\n")
    assert "Links has them on links: say what a link holds" in said(arguments, capsys)[1]


@pytest.mark.parametrize("more", [[], ["--reference"], ["--symmetry"]], ids=str)
def test_a_pass_with_full_links_says_so(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{echo.__file__}:Echo", "-s", "Node=2,Depth=2", *more]
    code, text = said(["check", *names], capsys)
    assert code == 0
    assert text.count("links were full: ") == 2 and "a larger Depth may show more" in text
    code, text = said(["check", *names, "--strict"], capsys)
    assert code == 4
    assert (
        "links were full" not in said(["check", f"{FILE}:Links", "-s", SIZES["Links"]], capsys)[1]
    )
