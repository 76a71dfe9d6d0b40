"""Whether a broker or a store answers, asked in its own protocol."""

import http.client

from infra.embedded.ports import LOOPBACK, answers


def broker_answers(port: int) -> bool:
    """Tell whether the broker lists itself as a living member of its cluster."""
    if not answers(port):
        return False
    from kafka import KafkaAdminClient  # noqa: PLC0415 - half a second, and only who starts a broker asks
    from kafka.errors import KafkaError  # noqa: PLC0415

    try:
        admin = KafkaAdminClient(bootstrap_servers=f"{LOOPBACK}:{port}", request_timeout_ms=2_000)
    except (KafkaError, OSError, ValueError):
        return False
    try:
        return len(admin.describe_cluster()["brokers"]) == 1
    except (KafkaError, OSError, KeyError, TypeError):
        return False
    finally:
        admin.close()


def store_answers(*, native_port: int, http_port: int) -> bool:
    """Tell whether ClickHouse listens on both protocols."""
    connection = http.client.HTTPConnection(LOOPBACK, http_port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().read() == b"Ok.\n" and answers(native_port)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
