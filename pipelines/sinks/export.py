"""A whole view as Parquet, written by ClickHouse itself and passed on as it comes."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlencode

from pipelines.errors import RapportError, Retriable
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.query import in_plain_words

CHUNK_BYTES: Final = 256 * 1024
_MARK: Final = b"PAR1"
"""With these bytes a Parquet file begins and ends: https://parquet.apache.org/docs/file-format/."""
_TIMEOUT_S: Final = 120.0


def parquet(settings: ClickHouseSettings, view: str) -> Iterator[bytes]:
    """Give a view's rows as a Parquet file, piece by piece, over ClickHouse's HTTP port.

    Raises UsageError for a view that is not there or too large, Retriable if the server is away or the file
    broke off: what came before is no file then.
    """
    with _asked(settings, view) as response:
        if response.status != http.client.OK:
            raise _error(response, response.read(CHUNK_BYTES).decode(errors="replace"))
        last = b""
        while piece := response.read(CHUNK_BYTES):
            last = (last + piece)[-CHUNK_BYTES:]
            yield piece
        if not last.endswith(_MARK):
            raise _error(response, last.decode(errors="replace"))


@contextmanager
def _asked(settings: ClickHouseSettings, view: str) -> Iterator[http.client.HTTPResponse]:
    query = urlencode(
        {
            "database": settings.database,
            "query": "SELECT * FROM {view:Identifier} FORMAT Parquet",
            "param_view": view,
        }
    )
    headers = {
        "X-ClickHouse-User": READER_USER,
        "X-ClickHouse-Key": settings.password_of(READER_USER),
    }
    connection = http.client.HTTPConnection(settings.host, settings.http_port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", f"/?{query}", headers=headers)
        yield connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise Retriable(
            f"no ClickHouse answers at {settings.host}:{settings.http_port}, or it broke off: Parquet comes"
            " over its HTTP port (RAPPORT_CLICKHOUSE_HTTP_PORT); --format csv takes the native one"
        ) from error
    finally:
        connection.close()


def _error(response: http.client.HTTPResponse, said: str) -> RapportError:
    """Return what the server's exception means; it stands at the end of the answer."""
    code = response.headers.get("X-ClickHouse-Exception-Code", "")
    begin = said.rfind("DB::Exception")
    if begin < 0:
        return Retriable("ClickHouse broke off in the middle of the file: try again")
    number = code or said[:begin].rpartition("Code: ")[2].partition(".")[0]
    return in_plain_words(int(number) if number.isdecimal() else 0, said[begin:])
