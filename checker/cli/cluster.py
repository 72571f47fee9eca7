"""`quorate cluster`: the bundled implementations as real processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import VIOLATED
from .options import ascii_option, given_options, json_option, option_error

if TYPE_CHECKING:
    from quorate.checker.rendering.output import Output
    from quorate.impl.cluster.paxos_cluster import ClusterEvent, ClusterResult

PAXOS = "paxos"


@click.command("cluster")
@click.option(
    "--protocol",
    type=click.Choice(["raft", "multipaxos", PAXOS]),
    help="What the nodes run. By default paxos with --value, else raft.",
)
@click.option("--nodes", type=click.IntRange(1, 99), default=3, show_default=True)
@click.option("--value", help="The value to propose to Paxos.")
@click.option(
    "--run",
    "script",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Do what FILE says, a command a line. By default what is typed, or standard input.",
)
@click.option(
    "--kill",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Kill this many nodes (a minority; a leader first) with SIGKILL before the proposal or "
    "the first command, and start them again in the end.",
)
@click.option(
    "--partition",
    "cut",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Cut off this many other nodes as well, until the last command.",
)
@click.option("--data", "data_dir", type=click.Path(path_type=Path), help="Keep the stores here.")
@click.option(
    "--journal", is_flag=True, help="Have each node keep a journal in --data, for `validate`."
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    metavar="N",
    help="One sync of a node's disk serves N messages and commands at most. By default all that "
    "came while the last one took.",
)
@click.option(
    "--leases",
    is_flag=True,
    help="Raft answers reads by leases: while one lasts, the leader asks nobody.",
)
@click.option(
    "--margin",
    type=click.IntRange(min=1),
    metavar="MS",
    help="By how many milliseconds clocks may drift apart while others wait for a leader (0.3 s), "
    "with --leases.  [default: 60]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=30.0,
    show_default=True,
    help="Seconds for Paxos to decide, or for one command to be answered.",
)
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Start one process per node on this machine, and use them.

    Raft and Multi-Paxos replicate a key-value store. Commands come from the terminal, where `help`
    lists them, from --run FILE or from standard input:

    \b
      put KEY VALUE    get KEY    cas KEY OLD NEW    delete KEY
      status    kill NODE    restart NODE    partition NODE ...    heal    quit
      members NODE ...    transfer NODE

    \b
    quorate cluster --protocol raft
    echo 'put x 1' | quorate cluster --protocol multipaxos --nodes 5 --kill 2

    Paxos makes one decision, and prints what each learner commits. Killed nodes are restarted, and
    must learn the same value from their stores and peers:

    \b
    quorate cluster --value blue --kill 1
    """
    if options["journal"] and options["data_dir"] is None:
        option_error("--journal needs a folder that stays: give --data")
    given = given_options()
    if "--margin" in given and not options["leases"]:
        option_error("--margin is of leases: give --leases")
    protocol = options["protocol"] or (PAXOS if "--value" in given else "raft")
    if protocol != PAXOS:
        if "--value" in given:
            option_error(f"--value is for {PAXOS}; with {protocol}, type `put KEY VALUE`")
        from .cluster_store import run_store

        return run_store({**options, "protocol": protocol})
    if "--value" not in given:
        option_error(f"--protocol {PAXOS} needs --value: the value to propose")
    for name in sorted(given & {"--run", "--partition", "--batch", "--leases"}):
        option_error(f"{name} is for a store: it does not go with {PAXOS}")
    return _decide(**options)


def _decide(
    nodes: int,
    value: str,
    kill: int,
    data_dir: Path | None,
    journal: bool,
    timeout: float,
    as_json: bool,
    **_: object,
) -> int:
    from quorate.checker.rendering.document import envelope
    from quorate.checker.rendering.output import Output
    from quorate.impl.cluster.paxos_cluster import run_cluster

    from .console import print_document

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
