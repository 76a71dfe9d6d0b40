"""What `rapport erase` says: what is left, table by table, and until when the log holds the rest."""

from __future__ import annotations

import pytest

from pipelines.cli.erase import lines
from pipelines.errors import UsageError
from pipelines.forgetting import Proof, erase
from pipelines.settings import load_settings

SECRET = "0123456789abcdef"


def proof(**more: object) -> Proof:
    found = {"named": {"posts": 0}, "worded": {"posts": 0}, "detached": 0, "log_until_at": 1_700_000_000_000}
    return Proof(**{**found, **more})  # type: ignore[arg-type]


def test_a_clean_proof_names_each_table_and_the_end_of_the_log() -> None:
    assert lines(proof(named={"posts": 0, "profiles": 0})) == [
        "posts: 0 rows name it",
        "profiles: 0 rows name it",
        "old parts of the tables are gone from the disk",
        "the log holds what it said until 2023-11-14 22:13Z, then that is gone too",
    ]
    assert proof().clean


def test_a_row_that_names_it_and_a_part_that_was_set_aside_are_no_clean_proof() -> None:
    assert not proof(named={"posts": 0, "brands": 1}).clean
    aside = proof(detached=2)
    assert not aside.clean
    assert lines(aside)[2].startswith("2 parts were set aside by ClickHouse (system.detached_parts)")


def test_plain_words_are_told_and_do_not_count() -> None:
    found = proof(worded={"posts": 1_200, "profiles": 0})
    assert "its handle or name stands there as a plain word, whoever is meant: 1,200 of posts" in lines(found)
    assert found.clean


def test_a_log_that_is_kept_for_ever_is_told() -> None:
    assert lines(proof(log_until_at=None))[-1] == (
        "the log keeps everything, for ever: set retention.ms of its topics"
    )


def test_a_missing_secret_is_named_and_one_that_is_there_never_shown() -> None:
    with pytest.raises(UsageError, match="RAPPORT_ERASURE_SECRET is not set: set it, or"):
        erase(load_settings({}), "x", "1")
    with pytest.raises(UsageError, match="RAPPORT_ERASURE_SECRET has fewer than 12 characters") as refused:
        load_settings({"RAPPORT_ERASURE_SECRET": "too short"})
    assert "too short" not in str(refused.value)
    settings = load_settings({"RAPPORT_ERASURE_SECRET": SECRET})
    assert settings.erasure_secret is not None and settings.erasure_secret.text == SECRET
    assert SECRET not in repr(settings)
