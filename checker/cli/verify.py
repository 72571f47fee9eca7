"""`quorate verify`: explore, prove, mutate, replay, in one go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from .console import progress, progress_line
from .exit_codes import INCONCLUSIVE, MODEL, NONCONFORMING, VIOLATED
from .files import writable
from .html_report import html_option, told
from .options import ascii_option, json_option, merged, protocols, sizes_option
from .reports import reports_options
from .verify_project import listed, project_options, verify_listed

if TYPE_CHECKING:
    from quorate.checker.explore.search.interface import Progress
    from quorate.checker.rendering.output import Output
    from quorate.checker.verify import Awaited
    from quorate.model.language import Protocol

CODES = {
    "holds": 0,
    "violated": VIOLATED,
    "undefined": MODEL,
    "inconclusive": INCONCLUSIVE,
    "does not conform": NONCONFORMING,
}
"""The exit code of each `VerifyStatus`."""


@click.command("verify")
@click.argument("protocol", shell_complete=protocols, required=False)
@sizes_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".quorate"),
    show_default=True,
    help="Where counterexamples are written.",
)
@click.option(
    "--all", "everything", is_flag=True, help="All that is bundled; takes minutes, not seconds."
)
@project_options
@click.option("--strict", is_flag=True, help="What is open, or warned of, exits with 4.")
@reports_options
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Verify PROTOCOL or, without it, the checks of quorate.toml, or else the bundled systems.

    The checks that a project lists in quorate.toml (or in [tool.quorate] of its pyproject.toml) are
    run in parallel, a line each. What has not changed since the last run is taken from the cache.
    Without such a list the bundled Paxos, Multi-Paxos and Raft are verified, and their code:

    Each is explored to a networkx graph, its invariants are checked by the kernel and by Z3, and
    the intersection of its quorums is proved. Leaders are found to outbid each other for ever,
    unless one is stable. Then real bugs are seeded one by one. Each must be found; its
    counterexample must be refused by the healthy implementation and reproduced by one with the same
    bug. A proof for any size that succeeded before is kept, until something changes.

    PROTOCOL (with -s sizes) is checked in the same ways, without seeding bugs.
    """
    if (project := listed(options)) is not None:
        return verify_listed(project, options)
    import quorate
    from quorate.checker.loading import load_protocol
    from quorate.checker.rendering.output import Output
    from quorate.checker.rendering.verification import show_end

    from .sizing import sized

    writable(options["html"])
    protocol, everything = options["protocol"], options["everything"]
    sizes: Any = merged(options["sizes"])
    faults: Any = merged(options["faults"])
    if protocol is not None and not everything:
        protocol = load_protocol(protocol)
        sizes, faults = sized(protocol, sizes, faults), None
    out = Output()
    if protocol is None and not options["as_json"]:
        out.line("no list of checks here (quorate.toml): what is bundled is verified")
    with _Live(None if options["as_json"] else out) as live:
        result = quorate.verify(
            protocol,
            sizes=sizes,
            faults=faults,
            folder=options["out"],
            everything=everything,
            caching=not options["no_cache"],
            report=live,
        )
    options["reports"].tell(result)
    found = result.verification
    code = CODES[found.status(options["strict"]).value]
    if not told("verify", code, options, result.to_json):
        show_end(out, found, options["strict"])
    return code


class _Live:
    """Shows each row when it is found, and between rows the progress."""

    def __init__(self, out: Output | None) -> None:
        self.out = out
        self._protocol: type[Protocol] | None = None
        self._status = ExitStack()
        self._say: Callable[[Any], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._status.close()

    def __call__(self, event: Any) -> None:
        from quorate.checker.explore.search.interface import Progress
        from quorate.checker.verify import Awaited

        if isinstance(event, (Progress, Awaited)):
            if self._say is None:
                self._say = self._status.enter_context(progress(_progress_line))
            self._say(event)
            return
        self._status.close()
        self._say = None
        if self.out is not None:
            self._show(self.out, event)

    def _show(self, out: Output, event: Any) -> None:
        from quorate.checker.rendering import verification
        from quorate.checker.verify import (
            Begun,
            Livelock,
            LivelockBegun,
            MutantResult,
            MutantsBegun,
        )

        match event:
            case Begun() | LivelockBegun() | MutantsBegun():
                out.line()
                verification.title(out, event)
                self._protocol = event.protocol if isinstance(event, Begun) else None
            case Livelock():
                verification.show_livelock(out, event)
            case MutantResult():
                verification.show_mutant(out, event)
            case _:
                assert self._protocol is not None
                verification.show_row(out, self._protocol, event)


def _progress_line(event: Progress | Awaited) -> str:
    from quorate.checker.verify import Awaited

    if isinstance(event, Awaited):
        return f"{event.done} of {event.total} parts done"
    return progress_line(event)
