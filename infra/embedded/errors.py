"""What can go wrong with the embedded stack.

EmbeddedError
├── SetupMissing   a part is not installed
├── DataDirInUse   another living stack holds the directory
└── StartFailed    a child did not become ready
"""


class EmbeddedError(RuntimeError):
    """Anything the embedded stack cannot do; the message says what to do about it."""


class SetupMissing(EmbeddedError):
    """A part of the stack is not installed, or not to be had on this machine."""


class DataDirInUse(EmbeddedError):
    """The data directory belongs to another stack that is alive."""


class StartFailed(EmbeddedError):
    """A child process ended, or did not answer in time, before it was ready."""
