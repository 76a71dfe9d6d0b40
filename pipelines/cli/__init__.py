"""The command `rapport`: one file a command, loaded when it is asked for."""

from __future__ import annotations

import importlib
import os
import sys

import click

from pipelines import __version__
from pipelines.cli.console import set_up_logging
from pipelines.errors import Fatal, RapportError, Retriable, UsageError

# Otherwise clickhouse-driver makes all 146,000 days of its calendar when it is loaded, a tenth of a second.
os.environ.setdefault("CLICKHOUSE_DRIVER_LASY_DATE_LUT", "on demand")

COMMANDS = {
    "alerts": "list, show, silence, tell and backtest alerts; score any series",
    "analyze": "the main job: an archive, posts or an @handle in, numbers out",
    "backfill": "recount minutes from the facts",
    "bench": "how fast the main job is on this machine",
    "brand": "write and check the brand file",
    "dashboards": "render, check, serve and push the boards",
    "demo": "the whole system on this machine, filled by a simulator",
    "doctor": "say what is wrong with the set-up",
    "erase": "forget a person",
    "export": "a whole view as a file: csv or parquet",
    "health": "ask a running worker or ingest how it does",
    "ingest": "carry a source into the log",
    "metrics": "what each metric means",
    "migrate": "bring topics and tables to this version",
    "pass-over": "let invalid documents pass at which the workers stop",
    "replay": "fold the log again",
    "report": "one account as one file to mail",
    "sql": "ask the tables, as the read-only user",
    "status": "lag, watermarks, rows, dead letters",
    "verify": "nothing lost, nothing twice",
    "work": "fold the log into the tables",
}
"""Name of each command and what its line in the help says; `pipelines.cli.NAME` holds it as `command`."""
EXIT_CANNOT_START, EXIT_FAILED = 2, 70


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"pipelines.cli.{cmd_name.replace('-', '_')}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rapport")
@click.option("--verbose", "-v", is_flag=True, help="Say more of what happens, on standard error.")
def rapport(verbose: bool) -> None:
    """What an account's presence on X, Bluesky and Mastodon is really worth.

    Begin with `rapport demo`, or with your own posts: `rapport analyze FILE` or `rapport analyze @HANDLE`.
    """
    set_up_logging(verbose=verbose)


def main() -> None:
    """Run the command line; an error of ours is one line, with the way out in it."""
    try:
        code = rapport.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_CANNOT_START)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except UsageError as error:
        _say(error)
        sys.exit(EXIT_CANNOT_START)
    except (Retriable, Fatal, RapportError) as error:
        _say(error)
        sys.exit(EXIT_FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _say(error: Exception) -> None:
    for line in str(error).splitlines():
        click.echo(f"rapport: {line}", err=True)
