"""A person found in a text in every spelling, and nobody else; tombstones that tell nobody who they are of."""

import json
from dataclasses import replace
from time import process_time

import pytest

from rules.erasure import ERASED_EMAIL, ERASED_NAME, Person, html_text
from rules.never_log import ERASED, never_log_hit
from rules.outgoing import copies, followers_to_tell
from rules.people import Participant
from rules.tombstones import NeverAgain, digest
from tests.rules.build import SITE
from tests.rules.test_outgoing import ANN, CONTACTS, Wish, outgoing

ADA = Person(["Ada.Marsh@Bücher.example"], ["Ada  Marsh", "Ada"])
SECRET = b"s" * 32


@pytest.mark.parametrize(
    "text",
    [
        "ada.marsh@bücher.example",
        "write to ADA.MARSH@BÜCHER.EXAMPLE.",
        "<Ada.Marsh+news@xn--bcher-kva.example>",
        '"ada.marsh"@bücher.example',
        "https://list.example/?to=ada.marsh%40b%C3%BCcher.example&x=1",
        "mailto:ada.marsh@xn--bcher-kva.example?subject=x",
        "ada.marsh&#64;xn--bcher-kva.example",
        "bounces+17-ada.marsh=xn--bcher-kva.example@list.example",
        "ada.marsh@bu\u0308cher.example",
        "_ada.marsh@bücher.example_",
        "-ada.marsh@bücher.example",
        "+ada.marsh@bücher.example",
        "...ada.marsh@bücher.example...Thanks",
        "ada.marsh@bücher.example-",
        "%3Cada.marsh@bücher.example%3E",
        "SRS0=x1Y=TT=xn--bcher-kva.example=ada.marsh@forwarder.example",
        "SRS0+x1Y=TT=xn--bcher-kva.example=ada.marsh+tag@forwarder.example",
        "SRS1=x1Y=other.example==x1Y=TT=xn--bcher-kva.example=ada.marsh@forwarder.example",
        "prvs=4711ABCDEF=ada.marsh@bücher.example",
    ],
)
def test_every_spelling_of_an_address_is_found_and_taken_out(text: str) -> None:
    assert ADA.mentioned(text)
    assert "marsh" not in ADA.redacted(text).lower()
    assert ERASED_EMAIL in ADA.redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "lada.marsh@xn--bcher-kva.example",
        "x.ada.marsh@xn--bcher-kva.example",
        "bob+ada.marsh@xn--bcher-kva.example",
        "ada.marsh@xn--bcher-kva.example.org",
        "ada.marsh@xn--bcher-kva.example-works.org",
        "ada.marsh@elsewhere.example",
        "ada_marsh@xn--bcher-kva.example",
        "SRS0=x=y=mail.xn--bcher-kva.example=ada.marsh@forwarder.example",
        "SRS0=x=y=xn--bcher-kva.example=ada.marsh-x@forwarder.example",
    ],
)
def test_an_address_that_only_looks_like_it_is_somebody_elses(text: str) -> None:
    assert not ADA.mentioned(text)
    assert ADA.redacted(text) == text


@pytest.mark.parametrize(
    ("text", "perhaps"),
    [
        ("x-ada.marsh@bücher.example", True),
        ("ada.marsh@bücher.example.Thanks", True),
        ("ada.marsh@bücher.example--Nora", True),
        ("ada.marsh@bücher.example and y_ada.marsh@bücher.example", True),
        ("lada.marsh@bücher.example", False),
        ("_ada.marsh@bücher.example_", False),
    ],
)
def test_what_may_be_their_address_or_a_part_of_anothers_is_told_apart(text: str, perhaps: bool) -> None:
    assert ADA.perhaps({"text": [text]}) is perhaps


@pytest.mark.parametrize("local", ["john doe", r"john \"x\" doe"])
def test_a_quoted_local_part_is_found_in_json_too(local: str) -> None:
    john = Person([f'"{local}"@acme.example'])
    text = f'Ask "{local}"@acme.example.'
    assert john.redacted(text) == f"Ask {ERASED_EMAIL}."
    assert john.mentioned(json.dumps(text))
    assert all(any(part in written for part in john.locals) for written in (text, json.dumps(text)))


def test_a_name_goes_where_it_is_whole_and_a_first_name_is_anybodys() -> None:
    said = "Dear Ada Marsh, ADA\nMARSH, Ada_Marsh, Ada&nbsp;Marsh, Ada Marshall, Ada and Marsh"
    assert ADA.redacted(said) == (
        f"Dear {ERASED_NAME}, {ERASED_NAME}, {ERASED_NAME}, {ERASED_NAME}, Ada Marshall, Ada and Marsh"
    )
    assert ADA.redacted(said, names=False) == said


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("ada<b>@</b>acme.example", "ada@acme.example"),
        ("ad<wbr>a&#64;acme&shy;.exam\u200bple", "ada@acme.example"),
        ("<p>Ada<br>Marsh</p><pre>x</pre>", " Ada Marsh  x "),
        ("<brief>a</brief> <b", "a <b"),
    ],
)
def test_html_is_read_as_it_is_seen(markup: str, text: str) -> None:
    assert html_text(markup) == text


def test_html_full_of_signs_is_read_in_linear_time() -> None:
    begun = process_time()
    for markup in ("<" * 2_000_000, "<p " * 500_000, "&" * 1_000_000):
        html_text(markup)
    assert process_time() - begun < 5


def test_who_somebody_is_in_json_goes_with_the_address_whatever_the_name() -> None:
    value = {
        "author": {"email": "ADA.marsh@bücher.example", "name": "Die Ada", "side": "external"},
        "others": [{"email": "bob@x.example", "name": "Ada Marsh jun."}, 7, None],
        "to ada.marsh@bücher.example": True,
    }
    assert ADA.redacted(value) == {
        "author": {"email": ERASED_EMAIL, "name": ERASED_NAME, "side": "external"},
        "others": [{"email": "bob@x.example", "name": f"{ERASED_NAME} jun."}, 7, None],
        f"to {ERASED_EMAIL}": True,
    }


def test_a_digest_is_the_same_for_one_mailbox_and_nothing_without_the_key() -> None:
    told = digest(SECRET, "Ada.Marsh+x@BÜCHER.example")
    assert told == digest(SECRET, "ada.marsh@xn--bcher-kva.example")
    assert told != digest(b"t" * 32, "ada.marsh@xn--bcher-kva.example")
    assert told != digest(SECRET, "bob@xn--bcher-kva.example")


def test_who_is_never_to_come_back_is_kept_out_without_being_known() -> None:
    site = replace(SITE, never_again=NeverAgain(SECRET, frozenset({digest(SECRET, "ada@gone.example")})))
    assert never_log_hit(("bob@x.example", "Ada+y@Gone.example"), site) == ERASED
    assert never_log_hit(("bob@gone.example",), site) is None
    assert site.keeps_people_out


def test_no_mail_goes_to_who_stands_there_as_erased() -> None:
    gone = Participant(ERASED_EMAIL, ERASED_NAME, "external", "unknown")
    ada = Participant("ada@acme.example", "Ada Marsh", "external", "contact")
    wish = Wish(external=True, confirmed=True)
    assert copies(wish, ANN, (gone, ada), (), CONTACTS, outgoing(), SITE) == (ada,)
    told = followers_to_tell((gone, ada), sender="x", had_it=(), stopped=(), site=SITE)
    assert told == (ada,)
