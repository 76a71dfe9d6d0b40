"""The embedded stack: a real broker and a real ClickHouse server as child processes on 127.0.0.1."""

from infra.embedded.addresses import BrokerAddress, RunningStack, StoreAddress
from infra.embedded.errors import DataDirInUse, EmbeddedError, SetupMissing, StartFailed
from infra.embedded.stack import EmbeddedStack, find_running

__all__ = [
    "BrokerAddress",
    "DataDirInUse",
    "EmbeddedError",
    "EmbeddedStack",
    "RunningStack",
    "SetupMissing",
    "StartFailed",
    "StoreAddress",
    "find_running",
]
