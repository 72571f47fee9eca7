"""`quorate explore`: what it prints, how it ends, and bad input."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
import webbrowser
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.checker.page.server import PageServer

from .test_session import VIOLATED, Asking

SIZES = "Acceptor=2,Ballot=1,Value=1"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser was asked to open; Ctrl-C comes at once."""
    found: list[str] = []

    def interrupted(server: PageServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", found.append)
    monkeypatch.setattr(PageServer, "serve_forever", interrupted)
    return found


def test_it_prints_the_address_and_opens_it(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explore", "Paxos", "-s", SIZES]) == 130
    said = capsys.readouterr()
    (address,) = opened
    assert said.out.splitlines() == [address, "Ctrl-C ends it."]
    assert said.err == ""
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", address)
    assert run(["explore", "Paxos", "-s", SIZES, "--no-open"]) == 130
    assert len(opened) == 1


def test_a_trace_has_its_own_protocol_and_sizes(opened: list[str], tmp_path: Path) -> None:
    ask, file = Asking(), tmp_path / "run.itf.json"
    file.write_text(ask("save", way=ask.walked(*VIOLATED))["text"])
    assert run(["explore", "--trace", str(file)]) == 130
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument 'PROTOCOL', or --trace"),
        (["Paxo", "-s", SIZES], "did you mean Paxos?"),
        (["Paxos", "-s", "Acceptor=2"], "needs a size for Ballot, Value"),
        (["Paxos", "-s", SIZES, "--port", "0"], "0 is not in the range 1<=x<=65535"),
        (["--trace", "nowhere.itf.json"], "nowhere.itf.json: found no such file or folder"),
        (["--trace", "x.json", "-s", SIZES], "-s and -f go with PROTOCOL"),
    ],
)
def test_bad_input(
    opened: list[str], arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explore", *arguments]) == 2
    assert said in capsys.readouterr().err and opened == []


@pytest.mark.exhaustive
def test_ctrl_c_ends_the_process() -> None:
    command = [sys.executable, "-m", "quorate", "explore", "Paxos", "-s", SIZES, "--no-open"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert b"<!doctype html>" in urllib.request.urlopen(address).read()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    process.stdout.close()
