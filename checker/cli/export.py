"""`quorate export`: write a protocol as a TLA+ module, with the configuration for TLC."""

from __future__ import annotations

from pathlib import Path

import click

from .exit_codes import USAGE
from .options import ascii_option, merged, option_error, protocols, sizes_option
from .streams import print_whole


@click.command("export")
@click.argument("protocol", shell_complete=protocols)
@sizes_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write FILE.tla, and FILE.cfg beside it; without it, print the module.",
)
@click.option("--symmetry", is_flag=True, help="Have TLC count states up to symmetry.")
@ascii_option
def command(
    protocol: str,
    sizes: tuple[dict[str, int], ...],
    faults: tuple[dict[str, int], ...],
    output: Path | None,
    symmetry: bool,
) -> int:
    """Write PROTOCOL as a TLA+ module.

    PROTOCOL is path.py:Class, module:Class, or a bundled one: Paxos, PaxosRoles, TwoPhaseCommit,
    MultiPaxos, Raft. The module has the same distinct states as `quorate check` counts.

    \b
    quorate export Paxos -s Acceptor=3,Ballot=2,Value=2 -o Paxos.tla
    """
    import quorate
    from quorate.checker.loading import load_protocol
    from quorate.model.language import SizeError

    from .sizing import sized

    if symmetry and output is None:
        option_error("--symmetry is for the configuration that -o FILE.tla writes")
    given_sizes, given_faults = merged(sizes), merged(faults)
    loaded = load_protocol(protocol)
    name = None if output is None else _module_name(output)
    try:
        configuration = sized(loaded, given_sizes, given_faults)
    except SizeError:
        if output is not None or given_sizes or given_faults:
            raise
        configuration = None  # most modules can be printed without
    found = quorate.export_tla(loaded, sizes=configuration, name=name, symmetry=symmetry)
    if output is None:
        return 0 if print_whole(found.module) else USAGE
    found.write(output.parent)
    click.echo(f"{loaded.__name__} is in {output}, its sizes in {output.with_suffix('.cfg')}")
    return 0


def _module_name(output: Path) -> str:
    """TLA+ wants a module to be called as its file is."""
    from quorate.checker.export.tla.names import is_free

    if output.suffix != ".tla":
        option_error(f"{output}: a TLA+ module is a file that ends in .tla")
    if not is_free(output.stem):
        option_error(f"{output}: `{output.stem}` cannot be the name of a TLA+ module")
    return output.stem
