"""What strangers sent, handed to browsers: pictures as pictures, all else to be saved, names without disguise."""

import base64
from urllib.parse import quote

import pytest

from gateway.http.app import create_app
from tests.desk.house import ADA, NOW, House
from tests.http.client import Answer, Client

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
RASTER = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0" + bytes(20),
    "image/gif": b"GIF89a" + bytes(20),
    "image/webp": b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20),
}
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def shown(nora: Client, name: str, media: str, content: bytes) -> tuple[str, Answer]:
    """A touchpoint whose HTML shows a file by its content id: that HTML, and the file as it is served."""
    upload = nora.ask(
        "POST", f"/uploads?filename={quote(name)}", data=content, headers={"Content-Type": media}
    )
    made = nora.post(
        "/touchpoints",
        {
            "account": "acme",
            "type": "telephone call",
            "subject": "Picture",
            "date": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
            "html": '<p>See <img src="cid:it@x" alt="it"></p>',
            "attachments": [{"upload": upload.value["id"], "content_id": "it@x"}],
        },
    )
    assert made.status == 201, made
    return made.value["html"], nora.get(f"/touchpoints/{made.value['id']}/attachments/1")


@pytest.mark.parametrize("media", list(RASTER))
def test_a_picture_in_the_text_is_seen(nora: Client, media: str) -> None:
    html, file = shown(nora, f"it.{media[6:]}", media, RASTER[media])
    assert "/attachments/1" in html
    assert file.headers["content-type"] == media
    assert file.headers["content-disposition"].startswith("inline; ")
    assert file.data == RASTER[media]


def test_a_picture_without_a_type_is_known_by_its_bytes(nora: Client) -> None:
    html, file = shown(nora, "it.png", "application/octet-stream", PNG)
    assert "/attachments/1" in html
    assert file.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("name", "media", "content"),
    [
        ("it.svg", "image/svg+xml", SVG),
        ("it.html", "text/html", b"<script>alert(1)</script>"),
        ("it.xml", "text/xml", SVG),
        ("it.pdf", "application/pdf", b"%PDF-1.4"),
        ("it.svg", "application/octet-stream", SVG),
        ("it.bmp", "image/bmp", b"BM"),
    ],
)
def test_what_could_run_is_never_seen_in_a_page(nora: Client, name: str, media: str, content: bytes) -> None:
    html, file = shown(nora, name, media, content)
    assert "src=" not in html
    assert file.headers["content-disposition"].startswith("attachment; ")
    assert file.data == content


@pytest.mark.parametrize("content", [SVG, b"<html><script>alert(1)</script>", b"", b"GIF8"])
def test_what_only_calls_itself_a_picture_is_a_file(nora: Client, content: bytes) -> None:
    _, file = shown(nora, "it.png", "image/png", content or b"x")
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment; ")


def test_files_of_every_route_bear_a_policy_that_runs_nothing(nora: Client) -> None:
    _, picture = shown(nora, "it.png", "image/png", PNG)
    _, page = shown(nora, "it.html", "text/html", b"<script>alert(1)</script>")
    (touchpoint, *_) = nora.get("/touchpoints").value["items"]
    asset = nora.post(f"/touchpoints/{touchpoint['id']}/attachments/1/asset").value["id"]
    for file in (picture, page, nora.get(f"/accounts/acme/assets/{asset}")):
        assert file.status == 200
        assert file.headers["content-security-policy"] == POLICY
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["cross-origin-resource-policy"] == "same-origin"
        assert file.headers["cache-control"] == "no-store"
        assert file.headers["referrer-policy"] == "no-referrer"
    assert (
        nora.get(f"/accounts/acme/assets/{asset}").headers["content-disposition"].startswith("attachment; ")
    )


def test_answers_of_the_api_are_no_pages(house: House, nora: Client) -> None:
    for path in ("/touchpoints", "/nothing", "/touchpoints/999", "/openapi.json"):
        headers = nora.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["cross-origin-resource-policy"] == "same-origin"
    app = create_app(house.desk)
    # Their pages load scripts from somebody else's server.
    assert app.docs_url is None
    assert app.redoc_url is None


def test_names_are_told_without_what_cannot_be_seen_and_kept_as_they_were_written(
    house: House, nora: Client
) -> None:
    written = {
        "account": "acme",
        "type": "telephone call",
        "subject": "Invoice\u202egnp.exe\u200b for می\u200cخواهم",
        "date": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "text": "As I wrote it:\u202e ok",
        "participants": [
            {"email": ADA, "name": "Ada\u2066\x1b[31m 👩\u200d💻"},
            {"email": "x@müller.example"},
        ],
    }
    made = nora.post("/touchpoints", written).value
    for value in (
        made,
        nora.get(f"/touchpoints/{made['id']}").value,
        nora.get("/touchpoints").value["items"][0],
    ):
        assert value["subject"] == "Invoicegnp.exe for می\u200cخواهم"
        assert value["text"] == "As I wrote it:\u202e ok"
        assert [each["name"] for each in value["participants"]] == ["Ada[31m 👩\u200d💻", ""]
        assert value["participants"][1]["email"] == "x@müller.example"
    from storage.engine import reading
    from storage.timeline import get

    with reading(house.engine) as conn:
        row = get(conn, made["id"])
    assert row.subject == written["subject"]
    assert row.participants[0].name == "Ada\u2066\x1b[31m 👩\u200d💻"


def test_a_deceiving_domain_is_told_as_an_a_label(nora: Client) -> None:
    made = nora.post(
        "/touchpoints",
        {
            "account": "acme",
            "type": "telephone call",
            "subject": "x",
            "text": "x",
            "date": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
            "participants": [{"email": "ada@аcme.example"}],
        },
    ).value
    assert [each["email"] for each in made["participants"]] == ["ada@xn--cme-5cd.example"]


def test_a_problem_names_nothing_unseen(nora: Client) -> None:
    answer = nora.get("/accounts/" + quote("a\u202eb"))
    assert answer.status == 404
    assert "\u202e" not in answer.value["detail"]
