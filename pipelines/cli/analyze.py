"""`rapport analyze`: the main job, files of posts in, numbers out."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from pipelines import clock
from pipelines.analysis.result import Ledger, Result, read_ledger, read_metrics, read_spans, withheld
from pipelines.analysis.run import Answer, Listener, Question, analyze
from pipelines.cli.console import on_stderr
from pipelines.cli.progress import Stages
from pipelines.cli.public_access import access
from pipelines.cli.tables import print_accounts, print_lacks
from pipelines.settings import Settings
from pipelines.sources.account_posts import MOST_POSTS
from pipelines.sources.base import BadInput
from pipelines.sources.bounded import Counts
from pipelines.sources.csv_columns import parse_columns
from pipelines.sources.recognition import parts_of

MAX_BAD_SHOWN = 20
EXIT_ALL_GOOD, EXIT_SOME_BAD = 0, 1


@click.command("analyze")
@click.argument("named", nargs=-1, required=True, metavar="FILE_OR_@HANDLE...")
@click.option(
    "--brand", "brand_file", type=click.Path(path_type=Path), help="Whose accounts, domains and topics."
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the data stay; by default a folder of its own below .rapport.",
)
@click.option(
    "--counts",
    type=click.Choice(["final", "at-capture"]),
    default="final",
    show_default=True,
    help="Counts in the files were read long after the post, or as it appeared (then they say nothing).",
)
@click.option(
    "--posts",
    "most_posts",
    type=click.IntRange(1, 20_000),
    default=MOST_POSTS,
    show_default=True,
    help="Of an @HANDLE, read at most so many of its newest posts.",
)
@click.option(
    "--columns",
    default="",
    metavar="FIELD=COLUMN,...",
    help="Which column of a CSV holds what, where its name does not tell: id=tweet_id,text=body,author=@ann.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--accounts", "shown", type=int, default=20, show_default=True, help="Accounts printed; most posts first."
)
def command(
    named: tuple[str, ...],
    brand_file: Path | None,
    data_dir: Path | None,
    counts: Counts,
    most_posts: int,
    columns: str,
    as_json: bool,
    shown: int,
) -> None:
    """Say what the presence in these posts is worth: every metric of every account, with its interval.

    \b
    FILE     the archive that X, Bluesky or Mastodon gives you, as it is (zip, tar,
             CAR or folder); or posts of X as collectors write them (API v1.1 or
             v2; JSON lines, arrays, pages; gzip or zstd), or as tables (CSV, TSV)
    @HANDLE  @ann.bsky.social or @ann@mastodon.social: read from the network
             itself, without any key

    Without a brand file every author of the posts is tracked, of an archive or handle its owner. The data
    stay in the folder: ask them with `rapport sql --data-dir`.

    Exit code: 0 all good, 1 some lines were bad (each is named), 2 it could not start.
    """
    begun = clock.monotonic_s()
    parts = parts_of(named, access(most_posts), columns=parse_columns(columns))
    question = Question(parts=parts, data_dir=data_dir, brand_file=brand_file, counts=counts)
    output = _Output(as_json=as_json, shown=shown, begun=begun)
    with Stages() as stages:
        answer = analyze(question, Listener(stages.stage, stages.progress, _name), output.read)
    output.print(answer)
    sys.exit(EXIT_SOME_BAD if output.ledger.dead else EXIT_ALL_GOOD)


def _name(bad: BadInput) -> None:
    click.echo(f"rapport: {bad.where}: {bad.reason}", err=True)


class _Output:
    """The numbers, read while the store runs and printed after it has stopped."""

    def __init__(self, *, as_json: bool, shown: int, begun: float) -> None:
        self._as_json, self._shown, self._begun = as_json, shown, begun
        self.ledger = Ledger(0, 0, ())

    def read(self, settings: Settings) -> None:
        self.ledger = read_ledger(settings, limit=MAX_BAD_SHOWN)
        self._metrics = read_metrics(settings)
        self._spans = read_spans(settings)

    def print(self, answer: Answer) -> None:
        self._name_bad()
        lacks = answer.manifest.lacks
        metrics = withheld(self._metrics, lacks)
        if not self._as_json:
            print_accounts(metrics, self._spans, self._shown)
            print_lacks(lacks)
            on_stderr().print(f"The data stay in {answer.data_dir}: rapport sql --data-dir {answer.data_dir}")
            return
        result = Result(
            posts=answer.manifest.posts,
            accounts=len(self._spans),
            events=self.ledger.events,
            dead_letters=self.ledger.dead,
            seconds=round(clock.monotonic_s() - self._begun, 3),
            metrics=metrics,
            lacks=lacks,
        )
        click.echo(msgspec.json.encode(result))

    def _name_bad(self) -> None:
        for bad in self.ledger.first_dead:
            _name(bad)
        if more := self.ledger.dead - len(self.ledger.first_dead):
            click.echo(f"rapport: and {more:,} more bad pieces of input", err=True)
