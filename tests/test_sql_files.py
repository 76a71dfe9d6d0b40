"""SQL files are filled, and a mistake in one is named with its file and line."""

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.sql_files import filled, sql_files


def written(folder: Path, text: str) -> Path:
    file = folder / "answers.sql"
    file.write_text(text)
    return file


def test_placeholders_are_replaced_and_a_doubled_sign_is_one(tmp_path: Path) -> None:
    file = written(tmp_path, "SELECT ${column},\n    '$$5' AS $name\n")
    assert filled(file, {"column": "a", "name": "price"}) == "SELECT a,\n    '$5' AS price\n"


def test_bare_sign_is_refused_with_file_and_line(tmp_path: Path) -> None:
    file = written(tmp_path, "SELECT ${column}\nFROM posts\nWHERE match(text, '^a$')\n")
    with pytest.raises(UsageError, match=r"answers\.sql, line 3: a \$ stands alone; write \$\$ for the sign"):
        filled(file, {"column": "a"})


def test_unknown_placeholder_is_refused_with_file_and_line(tmp_path: Path) -> None:
    file = written(tmp_path, "SELECT 1,\n    ${colum}\n")
    with pytest.raises(UsageError, match=r"answers\.sql, line 2: nothing is known as \$\{colum\}"):
        filled(file, {"column": "a"})


def test_the_files_of_a_folder_come_by_name() -> None:
    names = [file.name for file in sql_files("migrations")]
    assert names[0] == "0001_facts.sql"
    assert names == sorted(names)
