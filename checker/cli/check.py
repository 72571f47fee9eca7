"""`quorate check`: explore every reachable state, check the invariants, show what breaks them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quorate import searches as s
from quorate.checker.errors import InputError
from quorate.checker.rendering.exploration import NOTHING, fits_line, memory_line
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.words import seconds
from quorate.checker.tracing.explaining import Explaining
from quorate.checker.tracing.saving import kept

from .console import progress, progress_line
from .exit_codes import INCONCLUSIVE, INTERRUPTED, MODEL, VIOLATED
from .files import unwritten, writable
from .html_report import html_option, told
from .options import Bytes, ascii_option, json_option, merged, protocols, sizes_option
from .remaining import Remaining
from .reports import reports_options
from .search_options import SEARCHES, TAKES, WAYS, Request, way_of
from .sizing import sized
from .watch import watchable

if TYPE_CHECKING:
    from quorate._check import Asked, Prepared
    from quorate._induction import InductionResult
    from quorate.checker.prove.bounded.model_checking import Depth
    from quorate.model.language import Protocol, Sizes
    from quorate.results import CheckResult

GRAPHS = (".graphml", ".dot", ".json")
PREPARING = "preparing: the actions at these sizes, and code for them"
PREPARING_POR = f"{PREPARING}; which steps depend on each other"


@click.command("check")
@click.argument("protocol", shell_complete=protocols)
@watchable
@sizes_option
@click.option(
    "-i", "--invariant", "only", multiple=True, help="Check this invariant alone (repeatable)."
)
@click.option(
    "-t",
    "--temporal",
    multiple=True,
    help="Check this temporal property alone, or with the invariants of -i (repeatable).",
)
@click.option(
    "--memory",
    type=Bytes(),
    help="Memory for the states: 8GiB. Beyond it, breadth-first search continues on disk.",
)
@click.option(
    "--spill",
    type=click.Path(path_type=Path),
    help="Folder for states on disk; by default, the one for temporary files.",
)
@click.option(
    "--checkpoint", metavar="DIR", help="Save the search in a folder, and resume it from there."
)
@click.option(
    "--every",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How often to make a checkpoint.  [default: 60]",
)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many states.")
@click.option("--trace", type=click.Path(path_type=Path), help="Write the counterexample (ITF).")
@click.option(
    "--graph",
    type=click.Path(path_type=Path),
    help="Write the state graph: .graphml, .dot or .json.",
)
@click.option(
    "--bmc",
    type=click.IntRange(min=0),
    metavar="K",
    help="Ask a SAT solver about every run of at most K steps instead of exploring.",
)
@click.option(
    "--induction",
    type=click.IntRange(min=1),
    metavar="K",
    help="Prove the invariants by k-induction, k up to K, instead of exploring.",
)
@click.option(
    "--symmetry",
    is_flag=True,
    help="Expand one state of each orbit of interchangeable elements; the verdict is exact.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 255),
    help="Search on several cores; the result is the same.",
)
@click.option(
    "--search",
    type=click.Choice(list(SEARCHES)),
    default="breadth-first",
    show_default=True,
    help="Order of the search. The last three are for state spaces too large to exhaust.",
)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    help="The longest path that --search depth-first or random follows.",
)
@click.option("--walks", type=click.IntRange(min=1), help="Number of walks of --search random.")
@click.option("--seed", type=click.IntRange(min=0), help="Random seed of --search random.")
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Search on a Ray cluster: auto, an address, or local to start one here.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Number of workers of --ray.")
@click.option(
    "--por",
    is_flag=True,
    help="Partial-order reduction: skip steps that no violation depends on.",
)
@click.option(
    "--eager", is_flag=True, help="Take a step that only sends, or the like, at once and alone."
)
@click.option(
    "--deadlock", is_flag=True, help="Look for states where nothing can happen, except @final ones."
)
@click.option("--reference", is_flag=True, help="Use the plain-Python reference explorer.")
@click.option("--strict", is_flag=True, help="Warnings make the result inconclusive (exit 4).")
@click.option("--coverage", is_flag=True, help="Show how often each guard stopped each action.")
@reports_options
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Explore every reachable state of PROTOCOL; check its invariants and temporal properties.

    PROTOCOL is path.py:Class, module:Class, or a bundled one: Paxos, PaxosRoles, TwoPhaseCommit,
    MultiPaxos, Raft.

    \b
    quorate check Paxos -s Acceptor=3,Ballot=2,Value=2
    """
    return _check(options)


def _check(options: Mapping[str, Any]) -> int:
    from quorate._check import asked
    from quorate.checker.loading import load_protocol

    way = way_of(options)
    request = WAYS[way](**{name: options[name] for name in TAKES[way]})
    target = load_protocol(options["protocol"])
    how = {"symmetry": request.symmetry, "deadlock": request.deadlock}
    wanted = asked(target, options["only"] or None, options["temporal"] or None, **how)
    sizes = sized(target, merged(options["sizes"]), merged(options["faults"]))
    _check_files(options)
    out = Output()
    prepared = _prepared(target, sizes, request.search, wanted)
    if not options["as_json"] and prepared.ended is None:
        out.title(f"{target.__name__}  {sizes}")
        _show_memory(out, prepared)
    if isinstance(request.search, s.KInduction):
        return _by_induction(out, prepared, options)
    breadth_first = isinstance(request.search, s.BreadthFirst)
    lines = Remaining().line if breadth_first else progress_line
    with progress(_bounded_line if way == "bmc" else lines) as say:
        result = prepared.run(say)
    return _finish(out, result, request, options)


def _check_files(options: Mapping[str, Any]) -> None:
    """Make sure before a long search that its result can be written. Raises InputError."""
    trace, graph = options["trace"], options["graph"]
    for path in (trace, graph, options["html"]):
        writable(path)
    if graph is None:
        return
    if graph.suffix not in GRAPHS:
        raise InputError(
            f"{graph}: unknown graph format `{graph.suffix}`, expected {', '.join(GRAPHS)}"
        )
    if graph == trace:
        raise InputError(f"{graph}: --trace and --graph would write the same file")
    leaving_out = [name for name in ("symmetry", "por", "eager") if options[name]]
    if leaving_out:
        without = f"--{leaving_out[0]}"
        raise InputError(f"--graph is of all states, and {without} leaves some out: drop one")


def _prepared(target: type[Protocol], sizes: Sizes, search: s.Search, wanted: Asked) -> Prepared:
    from quorate._check import prepare

    por = isinstance(search, s.BreadthFirst) and search.por
    with progress(str) as say:
        say(PREPARING_POR if por else PREPARING)
        return prepare(target, sizes, search, wanted)


def _show_memory(out: Output, prepared: Prepared) -> None:
    from quorate.checker.ground.dependency import by_messages

    explorer, search = prepared.explorer, prepared.search
    if explorer is None or not isinstance(search, s.BreadthFirst):
        return
    out.line(memory_line(explorer.estimate(), by_messages(explorer.kernel.layout.determined)))
    storage = search.storage
    if storage.memory is not None and not isinstance(storage, s.InMemory):
        out.line(fits_line(explorer.estimate(), storage.memory))


def _bounded_line(found: Depth) -> str:
    return f"no violation in {found.depth} steps, {seconds(found.seconds)}"


def _inductive_line(found: Depth) -> str:
    return f"k = {found.depth}: not all are inductive, {seconds(found.seconds)}"


def _finish(out: Output, result: CheckResult, request: Request, options: Mapping[str, Any]) -> int:
    options["reports"].tell(result)
    explaining = Explaining()
    trace = kept(result.trace, options["trace"], explaining)
    graph = _write_graph(result, request.graph, explaining)
    warned = [*result.warnings, *explaining.notes]
    code = exit_code(result.outcome, bool(warned), options["strict"])
    body = {"warnings": warned}
    if told("check", code, options, lambda: result.to_json(trace) | body, result.overview_json):
        return code
    result.report(out, request.coverage, explaining.notes)
    if trace is not None:
        out.line(f"trace written to {trace}")
    for line in unwritten(result.trace, options["trace"]) if result.violation is None else ():
        out.line(line)
    if graph is not None:
        out.line(f"graph written to {graph}")
    return code


def _write_graph(result: CheckResult, path: Path | None, explaining: Explaining) -> Path | None:
    """Write the graph, if it is wanted.

    If the search found something, or did not end, that is told whatever becomes of the graph.
    Raises OSError, SizeError.
    """
    if path is None or result.explorer is None:
        return None

    def write() -> Path:
        result.graph().write(path)
        return path

    if result.exploration.complete:
        return write()
    return explaining.part("the graph", write, None)


def exit_code(outcome: str, warned: bool, strict: bool) -> int:
    """The exit code for how a search ended."""
    codes = {"violated": VIOLATED, "undefined": MODEL, "interrupted": INTERRUPTED}
    codes |= {"holds": 0, NOTHING: 0}
    code = codes.get(outcome, INCONCLUSIVE)
    return INCONCLUSIVE if code == 0 and warned and strict else code


# ---------------------------------------------------------------- by induction


def _by_induction(out: Output, prepared: Prepared, options: Mapping[str, Any]) -> int:
    with progress(_inductive_line) as say:
        result = prepared.induce(say)
    options["reports"].tell(result)
    explaining = Explaining()
    trace = kept(result.trace, options["trace"], explaining)
    code = _induction_code(result, options["strict"])
    if told("check", code, options, lambda: result.to_json(trace)):
        return code
    result.report(out)
    if trace is not None:
        out.line(f"trace written to {trace}")
    for line in unwritten(result.trace, options["trace"]):
        out.line(line)
    for note in (*result.notes, *explaining.notes):
        out.line(note, "warn")
    return code


def _induction_code(result: InductionResult, strict: bool) -> int:
    base = result.induction.base
    if base.initial is not None:
        return VIOLATED if base.undefined is None else MODEL
    if result.holds:
        return 0
    if result.liveness is not None:
        return INCONCLUSIVE
    proved = result.induction.status.value == "proved"  # of nothing, since there are warnings
    return 0 if proved and not strict else INCONCLUSIVE
