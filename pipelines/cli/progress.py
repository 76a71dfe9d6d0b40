"""How far a long command is: one line a stage, on standard error."""

from __future__ import annotations

from typing import Self

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from pipelines.cli.console import on_stderr


class Stages:
    """Stages one after the other, each with a bar where its size is known."""

    def __init__(self) -> None:
        console = on_stderr()
        self._live = console.is_terminal
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not self._live,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()
        self._progress.stop()

    def stage(self, what: str, total: int | None) -> None:
        """Begin a stage; the one before is done."""
        self._finish()
        if not self._live:
            self._console.print(what)
        self._task = self._progress.add_task(what, total=total)

    def progress(self, done: int) -> None:
        """Say how much of the stage is done."""
        if self._task is not None:
            self._progress.update(self._task, completed=done)

    def _finish(self) -> None:
        if self._task is not None:
            task = next(task for task in self._progress.tasks if task.id == self._task)
            total = task.total if task.total is not None else 1
            self._progress.update(self._task, total=total, completed=total)
