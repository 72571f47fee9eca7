"""`quorate cluster` for the protocols that replicate a store: a prompt, or a script."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorate.checker.errors import InputError

from .exit_codes import INCONCLUSIVE
from .options import option_error

if TYPE_CHECKING:
    from quorate.checker.rendering.output import Output
    from quorate.impl.cluster.children import LogLine
    from quorate.impl.cluster.commands import Typed
    from quorate.impl.cluster.conversation import Conversation

STDIN = "standard input"


@dataclass(frozen=True)
class TypedLine:
    """A line that was typed, with where it stands in a script."""

    text: str
    typed: Typed
    place: str | None = None


@dataclass
class Played:
    """What was done, for programs."""

    commands: list[dict[str, Any]] = field(default_factory=list)
    troubled: list[str] = field(default_factory=list)
    """The nodes that were killed or cut off before the first command."""
    whole: bool = True
    """Whether it is known of each command what came of it, and all nodes caught up in the end."""
    status: Any = None


def run_store(options: Mapping[str, Any]) -> int:
    """Start the cluster, do what is typed, stop it; returns the exit code."""
    from quorate.checker.rendering.document import envelope
    from quorate.checker.rendering.output import Output

    from .console import print_document

    names = tuple(f"n{index}" for index in range(options["nodes"]))
    minority, troubled = (len(names) - 1) // 2, options["kill"] + options["cut"]
    if troubled > minority:
        option_error(
            f"--kill and --partition: found {troubled} of {len(names)} nodes, "
            f"expected {minority} at most: without a majority nothing is decided"
        )
    script = _script(options["script"], names)
    if script is None and options["as_json"]:
        option_error("--json is for a script: give --run, or commands on standard input")
    out, done = Output(), Played()
    if options["as_json"]:
        out.quiet = True
    with ExitStack() as held:
        folder = options["data_dir"]
        if folder is None:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="quorate-")))
        asyncio.run(_play(options, folder, script, out, done))
    code = 0 if done.whole else INCONCLUSIVE
    if options["as_json"]:
        plain = {
            "protocol": options["protocol"],
            "nodes": list(names),
            "troubled": done.troubled,
            "commands": done.commands,
            "status": done.status,
        }
        print_document(envelope("cluster", code, plain))
    return code


def _script(file: Path | None, nodes: tuple[str, ...]) -> list[TypedLine] | None:
    """All commands of a file, or of standard input; None where somebody sits at a terminal."""
    if file is None and sys.stdin.isatty():
        return None
    name = STDIN if file is None else str(file)
    try:
        text = sys.stdin.read() if file is None else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"{name} cannot be read: {why}", name) from None
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        typed = _parsed(line, nodes, name, number)
        if typed is not None:
            found.append(TypedLine(line.strip(), typed, f"{name}:{number}"))
    return found


def _parsed(line: str, nodes: tuple[str, ...], name: str, number: int) -> Typed | None:
    from quorate.impl.cluster.commands import parse
    from quorate.impl.errors import ConfigError

    try:
        return parse(line, nodes)
    except ConfigError as error:
        raise InputError(f"{name}:{number}: {error}", name, number) from None


async def _play(
    options: Mapping[str, Any],
    folder: Path,
    script: list[TypedLine] | None,
    out: Output,
    done: Played,
) -> None:
    from quorate.impl.cluster.commands import Quit
    from quorate.impl.cluster.conversation import Conversation
    from quorate.impl.cluster.node_config import LEASE_MARGIN_S
    from quorate.impl.cluster.replica_cluster import StoreCluster

    margin_s = LEASE_MARGIN_S if options["margin"] is None else options["margin"] / 1000
    cluster = StoreCluster(
        options["protocol"],
        options["nodes"],
        folder,
        journal=options["journal"],
        batch=options["batch"],
        lease_margin_s=margin_s if options["leases"] else None,
        report=lambda node, line: _tell(out, node, line),
    )
    async with cluster, cluster.client() as client:
        talk = Conversation(cluster, client, options["timeout"])
        done.troubled = await talk.trouble(options["kill"], options["cut"])
        async for line in _lines(script, talk, cluster.names, out):
            if isinstance(line.typed, Quit):
                break
            await _do(line, talk, out, done)
        if done.troubled:
            await talk.mend(done.troubled)
        if done.troubled and not await talk.caught_up():
            done.whole = False
            out.line("some nodes have not caught up", "warn")
        response = await talk.status()
        done.status = response.data
        out.line(response.lines[0], "ok" if done.whole else "warn")


async def _do(line: TypedLine, talk: Conversation, out: Output, done: Played) -> None:
    from quorate.impl.errors import ClusterError

    begin_s = time.monotonic()
    try:
        response = await talk.do(line.typed)
    except ClusterError as error:
        if line.place is not None:
            raise ClusterError(f"{line.place}: {error}") from None
        out.line(str(error), "bad")
        return
    head = f"{line.text}: " if line.place is not None else ""
    for text in response.lines[:1]:
        out.line(f"{head}{text}", "" if response.known else "warn")
    for text in response.lines[1:]:
        out.line(text)
    done.whole = done.whole and response.known
    seconds = round(time.monotonic() - begin_s, 6)
    told = {"command": line.text, "answer": response.data, "known": response.known}
    done.commands.append({**told, "seconds": seconds})


async def _lines(
    script: Iterable[TypedLine] | None, talk: Conversation, names: tuple[str, ...], out: Output
) -> AsyncIterator[TypedLine]:
    """The lines of a script; without one, what is typed, each after a line of status."""
    if script is not None:
        for line in script:
            yield line
        return
    async for text in _typed(talk, out):
        try:
            typed = _parsed(text, names, STDIN, 0)
        except InputError as error:
            out.line(str(error).removeprefix(f"{STDIN}:0: "), "bad")
            continue
        if typed is not None:
            yield TypedLine(text, typed)


async def _typed(talk: Conversation, out: Output) -> AsyncIterator[str]:
    """What is typed at a terminal, until it ends. The event loop goes on meanwhile."""
    read: asyncio.Queue[bytes] = asyncio.Queue()
    number, rest = sys.stdin.fileno(), b""
    loop = asyncio.get_running_loop()
    loop.add_reader(number, lambda: read.put_nowait(os.read(number, 1 << 16)))
    try:
        while True:
            sys.stdout.write(f"{await talk.status_line()}\n> ")
            sys.stdout.flush()
            while b"\n" not in rest:
                data = await read.get()
                if not data:
                    out.line()
                    return
                rest += data
            line, _, rest = rest.partition(b"\n")
            yield line.decode(errors="replace")
    finally:
        loop.remove_reader(number)


def _tell(out: Output, node: str, line: LogLine) -> None:
    """What happens by itself, as it happens."""
    if line.event in ("error", "complaint"):
        out.line(f"{node}: {line.message}", "warn")
