"""Backtests of alerts as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import plotly.graph_objects as go

from pipelines.cli.alert_backtest import Replayed, moment


def draw(tested: Sequence[Replayed], path: Path) -> None:
    """Draw when each injected drop was found, and where the untouched history has alarms."""
    figure = go.Figure()
    for each in tested:
        if (result := each.result) is None:
            continue
        found = [one for one in result.each if one.posts is not None]
        figure.add_scatter(
            x=[moment(one.began_at) for one in found],
            y=[one.posts for one in found],
            mode="markers",
            name=f"{each.account}: posts until found",
        )
        figure.add_scatter(
            x=[moment(alarm.since) for alarm in result.alarms],
            y=[0] * len(result.alarms),
            mode="markers",
            marker={"symbol": "x", "size": 11},
            name=f"{each.account}: alarm in the untouched history",
        )
    figure.update_layout(
        title="How many posts until an injected drop is found",
        xaxis_title="day on which the drop begins",
        yaxis_title="posts",
        template="plotly_white",
    )
    figure.write_html(path, include_plotlyjs=True)
    click.echo(f"drawn into {path}")
