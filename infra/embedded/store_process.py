"""Be a ClickHouse server: `store_process.py PARENT_PID LIBCHDB CONFIG PATH QUERY`, run with `-I -S`.

libchdb is clickhouse-local as a library; told to listen, it serves both protocols while its last query
sleeps.
"""

import ctypes
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))  # -I leaves it out
    from launcher import die_with  # type: ignore[import-not-found]

    die_with(int(sys.argv[1]))
    library, config, path, query = sys.argv[2:]
    arguments = [
        "clickhouse",
        "--multiquery",
        f"--path={path}",
        f"--config-file={config}",
        f"--query={query}",
    ]
    argv = (ctypes.c_char_p * len(arguments))(*[argument.encode() for argument in arguments])
    sys.exit(ctypes.CDLL(library).chdb_query_cmdline(len(arguments), argv))
