"""`quorate explore`: a page on this machine, to walk a protocol step by step."""

from __future__ import annotations

import contextlib
import webbrowser
from pathlib import Path

import click

from .exit_codes import INTERRUPTED
from .options import ascii_option, merged, option_error, sizes_option


@click.command("explore")
@click.argument("protocol", required=False)
@sizes_option
@click.option(
    "--trace",
    type=click.Path(path_type=Path),
    help="Open a run (ITF); PROTOCOL and sizes are then those of the trace.",
)
@click.option("--port", type=click.IntRange(1, 65_535), help="By default a free one.")
@click.option("--no-open", is_flag=True, help="Print the address, and open no browser.")
@ascii_option
def command(
    protocol: str | None,
    sizes: tuple[dict[str, int], ...],
    faults: tuple[dict[str, int], ...],
    trace: Path | None,
    port: int | None,
    no_open: bool,
) -> int:
    """Walk PROTOCOL in the browser: what is possible in each state, and why the rest is not.

    The page is served on this machine alone, to who has its address, until Ctrl-C.

    \b
    quorate explore Paxos -s Acceptor=3,Ballot=2,Value=2
    quorate explore --trace counterexample.itf.json
    """
    import quorate
    from quorate.checker.loading import load_protocol
    from quorate.checker.rendering.output import Output

    from .sizing import sized

    if protocol is None and trace is None:
        option_error("Missing argument 'PROTOCOL', or --trace.")
    target = None if protocol is None else load_protocol(protocol)
    given = merged(sizes), merged(faults)
    chosen = None
    if target is not None and (trace is None or any(given)):
        chosen = sized(target, *given)
    elif any(given):
        option_error("-s and -f go with PROTOCOL: a trace has its own sizes")
    page = quorate.explore(target, sizes=chosen, trace=trace, port=port or 0)
    out = Output()
    out.line(page.url)
    out.line("Ctrl-C ends it.")
    if not no_open:
        webbrowser.open(page.url)
    with contextlib.suppress(KeyboardInterrupt):  # as announced
        page.serve()
    return INTERRUPTED
