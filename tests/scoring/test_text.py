"""Text features: expected values by hand from the definitions."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.events import Mention
from pipelines.scoring.text import (
    asks,
    clean,
    fingerprint,
    mentions_without_via,
    names_offer,
    split_hashtag,
    trailing_via,
    without_links,
    without_mentions,
)


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("read https://example.com/a?b=c now", "read now"),
        ("is it http://example.com/a?", "is it ?"),
        ("HTTPS://EXAMPLE.COM/A and www.example.com", "and"),
        ("(see https://example.com/a)", "(see )"),
        ("example.com/some-long… and on", "… and on"),
        ("pic.twitter.com/abc123", ""),
        ("https://t.co/abcすごい", "すごい"),
        ("and/or 24/7 end.Start", "and/or 24/7 end.Start"),
        ("https:// alone", "alone"),
    ],
)
def test_links_are_removed_but_not_the_sentence_around_them(text: str, rest: str) -> None:
    assert squeezed(without_links(text)) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("hi @ann, ok", "hi , ok"),
        (".@ann said", ". said"),
        ("@ann.bsky.social hello", "hello"),
        ("@ann@mastodon.example hello", "hello"),
        ("@ann.lee@mastodon.example. Hello", ". Hello"),
        ("mail ann@example.com", "mail ann@example.com"),
        ("こんにちは@bobさん", "こんにちは さん"),
        ("＠ann hello", "hello"),
    ],
)
def test_mentions_are_removed_but_not_mail_addresses(text: str, rest: str) -> None:
    assert squeezed(without_mentions(text)) == rest


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("FloodRelief", "Flood Relief"),
        ("NASALaunch2024", "NASA Launch 2024"),
        ("covid19", "covid 19"),
        ("snake_case", "snake case"),
        ("HELP", "HELP"),
        ("ÉcoleÉté", "École Été"),
        ("ПриветМир", "Привет Мир"),
        ("台風19号", "台風 19 号"),
    ],
)
def test_hashtag_is_cut_at_case_digits_and_underscores(tag: str, words: str) -> None:
    assert split_hashtag(tag) == words


def test_clean_leaves_the_words_that_a_post_is_about() -> None:
    assert clean("RT @ann: see #FloodRelief2013  https://t.co/x") == "see Flood Relief 2013"


@pytest.mark.parametrize("text", ["", "  ", "🔥🔥 !!", "@ann https://t.co/x", "#", "…"])
def test_a_text_without_letters_and_digits_is_empty(text: str) -> None:
    assert clean(text) == ""


@pytest.mark.parametrize("text", ["why?", "何？", "لماذا؟", "γιατί\u037e", "what is it https://t.co/a?"])
def test_question_marks_of_all_scripts_ask(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "no.",
        "see https://example.com/?q=1",
        "see youtube.com/watch?v=1",
        'she said "why?" and left',
        "she said “why?” and left",
        "il dit « pourquoi ? » et partit",
        "彼は「なぜ？」と言った",
        "> why?\nbecause",
        "semi; colon",
    ],
)
def test_links_and_quoted_passages_do_not_ask(text: str) -> None:
    assert not asks(text)


def test_question_outside_the_quotation_asks() -> None:
    assert asks('did she say "no"?')


def test_fingerprint_ignores_links_mentions_digits_punctuation_case_and_spaces() -> None:
    first = fingerprint("Our 5 best tips, for @ann!  https://example.com/a")
    assert first == fingerprint("our 7 BEST tips for\n@bob https://example.com/b ...")
    assert first[1] == 4


def test_fingerprint_ignores_how_a_letter_is_composed() -> None:
    assert fingerprint("cafe\u0301 au lait") == fingerprint("caf\u00e9 au lait")


def test_fingerprint_folds_ascii_and_other_text_alike() -> None:
    assert fingerprint("the same words here") == fingerprint("The “same” words—here".replace("—", " "))


def test_fingerprint_ignores_invisible_characters() -> None:
    assert fingerprint("buy\u200b now") == fingerprint("buy now")


def test_fingerprint_keeps_emoji() -> None:
    assert fingerprint("good morning 🔥") != fingerprint("good morning ✨")


def test_fingerprint_keeps_vowel_signs() -> None:
    assert fingerprint("की")[0] != fingerprint("का")[0]


def test_fingerprint_fits_64_bits() -> None:
    assert 0 <= fingerprint("anything")[0] < 1 << 64


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one two three", 3),
        ("don't stop", 2),
        ("🔥 12 ...", 0),
        ("東京は雨です", 3),  # six characters of Han and kana
        ("東京tower", 2),
        ("雨", 1),
        ("สวัสดีครับ", 3),  # ten characters of Thai
        ("안녕 하세요", 2),  # Korean has spaces
    ],
)
def test_words_left_are_counted_in_any_script(text: str, words: int) -> None:
    assert fingerprint(text)[1] == words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Try RAPPORT  pro today", True),
        ("try rapport\npro.", True),
        ("rapport protocol", False),
        ("unrapport pro", False),
        ("der KAFFEE ist da", False),
        ("ein STRASSENFEST", False),
        ("die STRASSE", True),
        ("cafe\u0301", True),
        ("新茶道入門です", True),
        ("C++ course", True),
    ],
)
def test_offers_are_named_by_whole_words(text: str, found: bool) -> None:
    assert names_offer(text, ("Rapport Pro", "Straße", "café", "茶道", "c++")) is found


def test_no_offer_is_named_where_there_are_none() -> None:
    assert not names_offer("anything", ())
    assert not names_offer("anything", ("", "  "))


def test_combining_mark_continues_a_word() -> None:
    assert not names_offer("कि", ("क",))


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("Ten ways via @ann", "ann"),
        ("Ten ways (via @ann)", "ann"),
        ("Ten ways via @ann https://t.co/x #tips", "ann"),
        ("Ten ways https://t.co/x Via @ann.", "ann"),
        ("via @ann we learned it", None),
        ("Ten ways @ann", None),
        ("Ten ways", None),
        ("trivia @ann", None),
    ],
)
def test_via_counts_only_at_the_end(text: str, via: str | None) -> None:
    assert trailing_via(text) == via


ANN, BOB = Mention("1", "Ann"), Mention("2", "bob")


def test_trailing_via_is_no_mention() -> None:
    assert mentions_without_via("thanks @bob, via @ann", (BOB, ANN)) == (BOB,)


def test_via_of_an_account_mentioned_before_stays_a_mention() -> None:
    assert mentions_without_via("@ann thanks, via @ann", (ANN,)) == (ANN,)


def test_via_matches_a_full_address_by_its_name() -> None:
    far = Mention("3", "ann@mastodon.example")
    assert mentions_without_via("tips via @ann", (far,)) == ()


@given(st.text())
def test_every_text_has_features(text: str) -> None:
    digest, words = fingerprint(text)
    assert 0 <= digest < 1 << 64
    assert words >= 0
    assert clean(clean(text)) is not None
    assert asks(text) in (True, False)
    mentions_without_via(text, (ANN,))


@given(st.text())
def test_fingerprint_is_the_same_for_canonically_equal_texts(text: str) -> None:
    assert fingerprint(unicodedata.normalize("NFD", text))[0] == fingerprint(text)[0]


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "piece", ["-a", "a.", "@a.", "@a-", "#a", '"', "via @a ", "http://", "www.", "> ", "「"]
)
def test_hostile_text_takes_no_long_time(piece: str) -> None:
    text = piece * 10_000
    fingerprint(text), clean(text), asks(text + "?"), trailing_via(text), names_offer(text, ("a-a x",))
