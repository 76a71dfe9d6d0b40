"""A data directory: who holds it, its passwords, and where its stack listens."""

import fcntl
import os
import secrets
import time
from pathlib import Path

import msgspec

from infra.embedded.addresses import RunningStack
from infra.embedded.errors import DataDirInUse, EmbeddedError

_PATIENCE_S = 10.0


class Passwords(msgspec.Struct, frozen=True):
    """The passwords of the three database users, made once for each data directory."""

    migrate: str
    writer: str
    reader: str

    def __repr__(self) -> str:
        return "Passwords(...)"


class DataDir:
    """The files of one stack. One living stack holds it, by flock: a file left behind is no lock."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self.kafka = self.path / "kafka"
        self.clickhouse = self.path / "clickhouse"
        self._lock_fd: int | None = None

    @property
    def lock_fd(self) -> int:
        """The held lock; children inherit it, so the directory is free only when the last is gone."""
        if self._lock_fd is None:
            raise EmbeddedError(f"the data directory {self.path} is not held")
        return self._lock_fd

    def acquire(self) -> None:
        """Take the directory; raise DataDirInUse naming the pid when another living stack has it.

        The children of a stack that was killed die a moment after it: that moment is waited for.
        """
        self._make()
        fd = os.open(self.path / "stack.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _PATIENCE_S
        while not _try_lock(fd):
            holder = _read_pid(fd)
            if _is_alive(holder) or time.monotonic() > deadline:
                os.close(fd)
                raise DataDirInUse(
                    f"{self.path} is in use by the process {holder}: stop it, or choose another --data-dir"
                )
            time.sleep(0.05)
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
        self._lock_fd = fd

    def release(self) -> None:
        """Give the directory back; harmless when it is not held."""
        if self._lock_fd is not None:
            (self.path / "stack.json").unlink(missing_ok=True)
            os.close(self._lock_fd)
            self._lock_fd = None

    def passwords(self) -> Passwords:
        """Return the passwords of this directory, made at the first call and kept in a file of mode 0600."""
        file = self.path / "secrets.json"
        try:
            return msgspec.json.decode(file.read_bytes(), type=Passwords)
        except FileNotFoundError:
            made = Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
            _write_private(file, msgspec.json.encode(made))
            return made
        except msgspec.DecodeError as error:
            raise EmbeddedError(f"{file} is damaged ({error}): delete it, new passwords are made") from error

    def publish(self, running: RunningStack) -> None:
        """Write down where the stack listens, for other processes of this user."""
        _write_private(self.path / "stack.json", msgspec.json.encode(running))

    def running(self) -> RunningStack | None:
        """Return the living stack that holds this directory, None when none is (yet) up."""
        try:
            fd = os.open(self.path / "stack.lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            if _try_lock(fd):
                return None
            found = msgspec.json.decode((self.path / "stack.json").read_bytes(), type=RunningStack)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        finally:
            os.close(fd)
        return found if _is_alive(found.pid) else None

    def _make(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.logs, self.kafka, self.clickhouse):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(f"the data directory {self.path} cannot be made: {error.strerror}") from error


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_pid(fd: int) -> int:
    text = os.pread(fd, 32, 0).strip()
    return int(text) if text.isdigit() else 0


def _is_alive(pid: int) -> bool:
    """Tell whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def _write_private(file: Path, content: bytes) -> None:
    """Replace the file at once, readable by its owner alone."""
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(content)
    partial.replace(file)
