"""Files that commands write: whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipelines.errors import UsageError


@contextmanager
def written(file: Path | None) -> Iterator[IO[bytes]]:
    """Give where to write to; None: standard output. A file gets its name when all is in it.

    Raises UsageError if its folder cannot be written to.
    """
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    try:
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
