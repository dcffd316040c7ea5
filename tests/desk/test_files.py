"""Uploads, attachments, assets."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from gateway.desk import Problem, files, touchpoints, uploads
from gateway.desk.drafts import File, Mailing
from gateway.desk.uploads import upload
from storage.engine import writing
from storage.errors import NotFound
from storage.inbound import NewMail, keep
from storage.tables import outbox
from storage.uploads import of_user
from tests.desk import house as building
from tests.desk.house import JONAS, NOW, House, actor
from tests.desk.house import NORA as NORA_EMAIL

NORA = actor(NORA_EMAIL)


def sent(
    house: House, content: bytes = b"plan", name: str = "plan.pdf", kind: str = "application/pdf"
) -> int:
    """The number of an upload of Nora's."""
    return int(upload(house.desk, NORA, io.BytesIO(content), name, kind)["id"])


def test_a_file_goes_up_onto_a_touchpoint_and_down_again(house: House) -> None:
    first, second = (
        sent(house),
        sent(house, b"a,b", "C:\\x\\../../etc/Zahlen März.csv", "Text/CSV; charset=x"),
    )
    made = house.write(
        attachments=(File(upload=first), File(upload=second), File(upload=first, filename="a/b.pdf"))
    )
    names = [each["filename"] for each in made["attachments"]]
    assert names == ["plan.pdf", "Zahlen März.csv", "b.pdf"]
    assert files.attachment(house.desk, NORA, made["id"], 2) == files.Content(
        b"a,b", "Zahlen März.csv", "text/csv"
    )
    for number in (0, 4, 10**12):
        with pytest.raises(Problem) as caught:
            files.attachment(house.desk, NORA, made["id"], number)
        assert caught.value.status == 404


def test_an_upload_is_its_senders(house: House) -> None:
    number = sent(house)
    with pytest.raises(Problem, match="no upload"):
        house.write(by=actor(JONAS), attachments=(File(upload=number),))
    house.write(attachments=(File(upload=number),))
    house.write(attachments=(File(upload=number),))


def test_an_image_in_the_html_is_inline(house: House) -> None:
    number = sent(house, b"png", "logo.png", "image/png")
    made = house.write(
        text=None,
        html='<p><img src="cid:logo@x">Hi</p>',
        attachments=(File(upload=number, content_id="<logo@x>"),),
    )
    assert made["attachments"][0]["inline"] is True
    assert f"/api/v1/touchpoints/{made['id']}/attachments/1" in made["html"]


def test_size_and_permission(tmp_path: Path) -> None:
    with building.house(tmp_path, smtp={"size_limit": "4KiB"}) as house:
        sent(house, bytes(4096))
        assert sent(house, b"x", "", "junk") > 0
        with pytest.raises(Problem, match="empty"):
            sent(house, b"")
        with pytest.raises(Problem, match="at most") as caught:
            sent(house, bytes(4097))
        assert caught.value.status == 413
        with pytest.raises(Problem, match="write no touchpoints"):
            upload(house.desk, actor(JONAS, permissions=frozenset({"delete"})), io.BytesIO(b"x"), "x", "")


def test_what_nobody_used_within_a_day_is_gone(house: House) -> None:
    names = ("used", "unused", "asset", "raw", "ordered")
    ids = {name: sent(house, name.encode(), f"{name}.txt") for name in names}
    digests = {name: house.desk.blobs.put(name.encode()) for name in names}
    house.write(attachments=(File(upload=ids["used"]),))
    asset = house.write(attachments=(File(upload=ids["asset"]),))["id"]
    files.make_asset(house.desk, NORA, asset, 1)
    touchpoints.delete(house.desk, NORA, asset)
    ordered = house.write(attachments=(File(upload=ids["ordered"]),), email=Mailing(me=True))["id"]
    from gateway.desk import editing
    from gateway.desk.drafts import Draft

    editing.edit(house.desk, NORA, ordered, Draft(attachments=()), 1)
    with writing(house.engine) as conn:
        keep(conn, [NewMail(NOW, "", ("log@x",), {}, 3, digests["raw"], None, digests["raw"])])
    house.now += timedelta(days=1, seconds=1)
    fresh = sent(house, b"unused")  # the same content again, in the very moment the old one goes
    with writing(house.engine) as conn:
        assert set(of_user(conn, NORA_EMAIL, [*ids.values(), fresh])) == {fresh}
    assert all(house.desk.blobs.exists(digest) for digest in digests.values())
    house.now += timedelta(days=2)
    with writing(house.engine) as conn:
        conn.execute(delete(outbox))
    sent(house, b"other")
    there = {name for name in names if house.desk.blobs.exists(digests[name])}
    assert there == {"used", "asset", "raw", "ordered"}  # an upload that is gone already is swept no more
    assert not house.desk.blobs.exists(digests["unused"])


def test_a_blob_that_was_swept_meanwhile_is_put_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "sweep", lambda _conn, _before: [house.desk.blobs.put(b"plan")])
    made = house.write(attachments=(File(upload=sent(house)),))
    assert files.attachment(house.desk, NORA, made["id"], 1).data == b"plan"


def test_the_same_content_is_one_asset(house: House) -> None:
    number = sent(house)
    one = house.write(attachments=(File(upload=number),))["id"]
    two = house.write(attachments=(File(upload=number, filename="again.pdf"),))["id"]
    other = house.write(account="harbor", attachments=(File(upload=number),))["id"]
    first, new = files.make_asset(house.desk, NORA, one, 1)
    again, newer = files.make_asset(house.desk, actor(JONAS), two, 1)
    elsewhere, newest = files.make_asset(house.desk, NORA, other, 1)
    assert (new, newer, newest) == (True, False, True)
    assert first == again
    assert files.assets(house.desk, NORA, "acme", 10) == ([first], None)
    assert files.asset(house.desk, NORA, "ACME", first["id"]).data == b"plan"
    with pytest.raises(NotFound, match="no asset"):
        files.asset(house.desk, NORA, "acme", elsewhere["id"])
    with pytest.raises(Problem, match="permission"):
        files.make_asset(house.desk, actor(JONAS, permissions=frozenset()), one, 1)


def test_assets_in_pages(house: House) -> None:
    made = house.write(attachments=tuple(File(upload=sent(house, bytes([n]))) for n in range(5)))["id"]
    wanted = [files.make_asset(house.desk, NORA, made, number)[0] for number in range(1, 6)][::-1]
    found, after = files.assets(house.desk, NORA, "acme", 2)
    while after:
        items, after = files.assets(house.desk, NORA, "acme", 2, after)
        found += items
    assert found == wanted
