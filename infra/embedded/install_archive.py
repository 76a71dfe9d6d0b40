"""The archive of classes that Kafka loads when it starts: made once, it saves a second at each start."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from infra.embedded import kafka_broker
from infra.embedded.datadir import DataDir
from infra.embedded.errors import EmbeddedError
from infra.embedded.ports import free_ports
from infra.embedded.supervisor import Child


def make_class_archive(say: Callable[[str], None]) -> None:
    """Start the broker once on an empty directory and keep which classes it loaded.

    Raises EmbeddedError when the broker does not start.
    """
    archive = kafka_broker.class_archive()
    archive.unlink(missing_ok=True)
    say("broker: preparing a quick start")
    with tempfile.TemporaryDirectory(prefix="rapport-") as folder:
        data_dir = DataDir(Path(folder))
        data_dir.acquire()
        port, controller_port = free_ports(2)
        spec = kafka_broker.spec(data_dir, port=port, controller_port=controller_port, archive_to=archive)
        child = Child(spec)
        child.start()
        try:
            child.wait_ready()
        except EmbeddedError as error:
            raise EmbeddedError(f"Kafka was installed but does not start: {error}") from error
        finally:
            child.stop()
            data_dir.release()
