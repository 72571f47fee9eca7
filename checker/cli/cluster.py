"""`quorate cluster`: the bundled Paxos as real processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import VIOLATED
from .options import ascii_option, json_option, option_error

if TYPE_CHECKING:
    from quorate.checker.rendering.output import Output
    from quorate.impl.cluster import ClusterEvent, ClusterResult


@click.command("cluster")
@click.option("--nodes", type=click.IntRange(1, 99), default=3, show_default=True)
@click.option("--value", required=True, help="The value to propose.")
@click.option(
    "--kill",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Kill this many nodes (a minority) with SIGKILL before the proposal.",
)
@click.option("--data", "data_dir", type=click.Path(path_type=Path), help="Keep the stores here.")
@click.option(
    "--journal", is_flag=True, help="Have each node keep a journal in --data, for `validate`."
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=30.0, show_default=True)
@json_option
@ascii_option
def command(
    nodes: int,
    value: str,
    kill: int,
    data_dir: Path | None,
    journal: bool,
    timeout: float,
    as_json: bool,
) -> int:
    """Start one process per node, propose VALUE, and print what each learner commits.

    Killed nodes are restarted, and must learn the same value from their stores and peers.
    """
    from quorate.checker.rendering.document import envelope
    from quorate.checker.rendering.output import Output
    from quorate.impl.cluster import run_cluster

    from .console import print_document

    if journal and data_dir is None:
        option_error("--journal needs a folder that stays: give --data")
    out = Output()

    def event(e: ClusterEvent) -> None:
        text = e.message or " ".join(
            str(x)
            for x in (e.kind, e.node, e.value and repr(e.value), e.pid and f"pid {e.pid}")
            if x
        )
        if not as_json:
            out.line(f"{e.at_s:7.3f} s  {text}")

    result = run_cluster(nodes, value, data_dir, timeout, kill, event, journal)
    code = 0 if result.agreement else VIOLATED
    if as_json:
        print_document(envelope("cluster", code, _as_json(result)))
    else:
        _report(out, result, value)
    return code


def _report(out: Output, result: ClusterResult, value: str) -> None:
    for node, committed in result.committed:
        out.line(f"{node} committed {committed!r}", "ok")
    if result.earlier_decision:
        out.line(f"{result.decided!r} was decided earlier; {value!r} came too late", "warn")
    out.line(
        f"decided {result.decided!r} in {result.elapsed_s:.2f} s"
        + (f"; killed and restarted: {', '.join(result.killed)}" if result.killed else ""),
        "ok" if result.agreement else "bad",
    )


def _as_json(result: ClusterResult) -> dict[str, Any]:
    return {
        "proposed": result.proposed,
        "decided": result.decided,
        "committed": dict(result.committed),
        "killed": list(result.killed),
        "earlier": result.earlier,
        "agreement": result.agreement,
        "seconds": round(result.elapsed_s, 4),
    }
