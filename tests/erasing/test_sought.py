"""A person looked for in bytes, in every form in which a text is written to a disk."""

import base64
import io
import json
import quopri
from pathlib import Path
from time import process_time

import pytest

from gateway.erasing import sought
from gateway.erasing.sought import Sought, files_in, redacted
from rules.erasure import ERASED_EMAIL, ERASED_NAME, Person

ZOE = Person(["zoë.marsh@acme.example"], ["Zoë Marsh"])
LINE = "noise before <Zoë.MARSH+x@Acme.Example>, noise behind, and more of it\n"


def forms(data: bytes, person: Person = ZOE) -> set[str]:
    return {hit.form for hit in Sought(person).hits(data) if hit.what == "address"}


@pytest.mark.parametrize("shift", range(4))
def test_base64_is_read_at_every_alignment_and_over_its_line_ends(shift: int) -> None:
    data = b"x" * shift + LINE.encode() * 3
    assert forms(base64.encodebytes(data)) == {"base64"}
    assert forms(base64.b64encode(data)) == {"base64"}
    assert forms(b"wordsofapageAZ09"[shift:] + base64.b64encode(data)) == {"base64"}
    assert forms(base64.b64encode(LINE.encode("utf-16-le"))) == {"base64"}


def test_every_other_form_is_read() -> None:
    assert forms(LINE.encode()) == {"text"}
    assert forms(LINE.upper().encode()) == {"text"}
    assert forms(LINE.encode("utf-16-le")) == {"UTF-16"}
    assert forms(b"\0" + LINE.encode("utf-16-be")) == {"UTF-16"}
    assert forms(quopri.encodestring(LINE.encode() * 2)) == {"quoted-printable"}
    assert forms(b"ZOE.m=\r\narsh@acme.=65xample", Person(["zoe.marsh@acme.example"])) == {"quoted-printable"}
    assert forms(json.dumps(LINE).encode()) == {"JSON"}
    assert forms(b"nobody we know") == set()


@pytest.mark.parametrize("head", ["=?utf-8?q?Zo=C3=AB_Marsh?=", "=?utf-8?b?Wm/DqyBNYXJzaA==?="])
def test_a_name_in_an_encoded_word_is_read(head: str) -> None:
    assert [hit.what for hit in Sought(ZOE).hits(f"From: {head} <x@y.example>".encode())] == ["name"]


def test_an_address_is_found_beside_marks_and_as_a_forwarder_writes_it() -> None:
    person = Person(["ada.marsh@acme.example"])
    for text in ("_ada.marsh@acme.example_", "SRS0=x=y=acme.example=ada.marsh@f.example"):
        for data in (text.encode(), text.encode("utf-16-le"), base64.b64encode(text.encode() * 2)):
            assert [hit.what for hit in Sought(person).hits(data)].count("address") >= 1
        assert list(Sought(person, loose=True).hits(b"\x01x" + text.encode()))
    assert [hit.what for hit in Sought(person).hits(b"x-ada.marsh@acme.example")] == ["possibly"]


def test_in_a_page_of_a_database_words_touch_and_longer_addresses_are_others() -> None:
    person = Person(["ada@acme.example"])
    page = b"\x01\x02Ada Marshada@acme.exampleada@acme.exampleAda"
    assert not list(Sought(person).hits(page))
    assert len(list(Sought(person, loose=True).hits(page))) == 2
    other = b"\x01liada@acme.exampleLia"
    assert list(Sought(person, loose=True).hits(other))
    assert not list(Sought(person, loose=True, others=["liada@acme.example"]).hits(other))


def test_a_file_is_read_in_chunks_and_nothing_hides_at_a_seam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sought, "CHUNK", 1024)
    monkeypatch.setattr(sought, "OVERLAP", 600)
    for at in range(900, 1100):
        data = b"." * at + b" zoe@acme.example " + b"." * 2000
        hits = list(Sought(Person(["zoe@acme.example"])).in_file(io.BytesIO(data)))
        assert [(hit.offset, hit.form) for hit in hits] == [(at + 1, "text")]


def test_a_mail_is_written_without_them_unless_they_hide_in_it() -> None:
    name = "Zoë Marsh".encode()
    raw = (
        b"From: a@b.example\r\nCc: "
        + name
        + b" <zo\xc3\xab.marsh@acme.example>\r\n\r\nHi \xff "
        + name
        + b"\r\n"
    )
    rest = redacted(raw, ZOE, Sought(ZOE))
    assert rest is not None
    assert rest.endswith(b"Hi \xff erased person\r\n")
    assert ERASED_EMAIL.encode() in rest
    assert redacted(raw + base64.b64encode(LINE.encode()), ZOE, Sought(ZOE)) is None


ADA = Person(["ada@acme.example"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("To: Ada <ada@acme.example>, Bob <bob@x.example>", "To: {}, Bob <bob@x.example>"),
        ('Cc: "Marsh, Ada" <ada@acme.example>,\r\n Bob <bob@x.example>', "Cc: {},\r\n Bob <bob@x.example>"),
        ("From: =?utf-8?q?Ada_?=\r\n =?utf-8?q?Marsh?= <ada@acme.example>", "From: {}"),
        ("To: Team: Ada <ada@acme.example>, b@x.example;", "To: Team: {}, b@x.example;"),
        ("Reply-To: ada@acme.example (Ada, of \\) Acme)", "Reply-To: {}"),
        ("To: bob@x.example,ada+y@acme.example", "To: bob@x.example,{}"),
        ('To: "Ada <ada@acme.example>, Bob <bob@x.example>', "To: {}, Bob <bob@x.example>"),
        ("To: Ada <liada@acme.example>", "To: Ada <liada@acme.example>"),
        ("Subject: To Ada, not <ada@acme.example>", f"Subject: To Ada, not <{ERASED_EMAIL}>"),
    ],
)
def test_in_waiting_mail_the_display_name_goes_with_the_mailbox(before: str, after: str) -> None:
    inner = f"Content-Type: message/rfc822\r\n\r\n{before}\r\nMIME-Version: 1.0\r\n\r\nx"
    said = "\r\n\r\nTo: be plain, ask Bob <bob@x.example>\r\n"
    rest = redacted(f"{before}{said}{inner}{said}".encode(), ADA, Sought(ADA))
    assert rest is not None
    told = after.format(f"{ERASED_NAME} <{ERASED_EMAIL}>")
    assert rest.decode() == f"{told}{said}{inner.replace(before, told)}{said}"


def test_a_mail_full_of_headers_is_read_in_linear_time() -> None:
    begun = process_time()
    for raw in (b"Content-Type: message/rfc822\r\n" * 50_000, b'To: ada@acme.example,"(<\\\r\n' * 50_000):
        redacted(raw, ADA, Sought(ADA))
    assert process_time() - begun < 20


def test_files_are_listed_once_however_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("x")
    assert files_in(tmp_path, tmp_path / "a" / "b", tmp_path / "none") == [tmp_path / "a" / "b"]
