"""The `quorate` command: verbs, exit codes, and one clear line for every error.

Verbs are imported when they are called, because `quorate --help` must not wait for LLVM or Z3.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback

import click

from quorate.checker.one_thread import one_thread

from .exit_codes import OUR_BUG
from .streams import occupy, print_whole, standard, undisturbed

COMPLETE = "_QUORATE_COMPLETE"

# So many new objects before garbage is looked for: nearly all that a start makes stays, and looking
# through it again and again, as Python does after 700, takes a tenth of the time.
NEW_OBJECTS = 100_000

VERBS = {
    "verify": "Run the checks of quorate.toml; or explore, prove, seed bugs and replay.",
    "check": "Explore every reachable state of a protocol and check its invariants.",
    "refine": "Check that one protocol implements another, step by step.",
    "diff": "Compare two versions of a protocol: what differs, and what follows.",
    "mutate": "Change a protocol in many small ways: do its properties notice?",
    "prove": "Prove the invariants for any number of elements of every sort.",
    "quorums": "Compare quorum systems: which meet, and how available they are.",
    "conform": "Drive an implementation through everything a model does, and compare.",
    "replay": "Replay a trace on an implementation, step by step.",
    "validate": "Check whether a model explains the log of a running system.",
    "linearize": "Check whether a history of concurrent operations is linearizable.",
    "explore": "Walk a protocol in the browser, step by step; open a trace there.",
    "show": "Show a trace: the table of steps and a diagram; no model is needed.",
    "explain": "Why an action is disabled at a point of a trace; what a mistake's code means.",
    "cluster": "Run Raft, Multi-Paxos or Paxos as real processes, and use them.",
    "export": "Write a protocol as TLA+, for people who trust TLC.",
    "new": "Write a small project to begin with: a protocol, tests, code, an adapter.",
    "doctor": "Look at what Quorate needs: packages, cache, other tools, the machine.",
}


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module = importlib.import_module(f"quorate.checker.cli.{name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in VERBS and not (name.startswith("-") or ctx.resilient_parsing):
            from .suggestions import unknown_verb

            raise click.UsageError(unknown_verb(name, VERBS), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quorate")
def quorate() -> None:
    """A conformance checker for consensus protocols.

    \b
    Exit codes:
      0   everything holds
      1   a property is violated
      2   wrong usage or bad input
      3   a mistake in the model
      4   inconclusive: a bound, a timeout, vacuity under --strict
      5   an implementation does not conform
      70  a bug of Quorate
      130 interrupted
    """


def main() -> None:
    """Run the command and turn every error into a message and an exit code."""
    if COMPLETE in os.environ:  # a shell asks, in bytes
        quorate.main(prog_name="quorate")
    gc.set_threshold(NEW_OBJECTS)
    one_thread()
    occupy()
    code = run(sys.argv[1:])
    gc.freeze()  # Python looks for garbage as it ends, which takes a fifth of a short run
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command with these arguments; returns the exit code."""
    given = set(arguments)
    as_json = "--json" in given
    text_alone = bool(given & {"-h", "--help", "--version"})  # which is text, with --json too
    with standard("--ascii" in given, as_json and not text_alone) as streams:
        try:
            result = quorate.main(args=arguments, prog_name="quorate", standalone_mode=False)
            return result if isinstance(result, int) else 0
        except click.exceptions.Exit as error:
            return error.exit_code
        except (Exception, KeyboardInterrupt) as error:
            verb = next((a for a in arguments if a in VERBS), None)
            with undisturbed():
                return _failed(error, verb, as_json and not streams.out.used)


def _failed(error: BaseException, verb: str | None, as_json: bool) -> int:
    """Report an error: for people on standard error, for programs as the object of --json."""
    from .failures import failure_of
    from .suggestions import with_suggestion

    if isinstance(error, click.ClickException):
        error = with_suggestion(error)
    failure = failure_of(error)
    if isinstance(error, click.ClickException):
        error.show()
    else:
        click.echo(failure.text(), err=True)
    if as_json:
        from quorate.checker.rendering.document import envelope, text_of

        print_whole(text_of(envelope(verb, failure.code, {"error": failure.json()})))
    if failure.code == OUR_BUG and os.environ.get("QUORATE_TRACEBACK"):
        traceback.print_exception(error)
    return failure.code
