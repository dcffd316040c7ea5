"""Archives are files like others: kept byte for byte, and never looked into."""

import base64
import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest

from gateway.mail import read
from tests.mail.build import multipart

TEXT = "Content-Type: text/plain\n\nText"


def zipped() -> bytes:
    """A bomb: a hundred times 10 MB of nothing, in an archive within an archive, with names that climb."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/cron.d/x", bytes(10_000_000))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(100):
            archive.writestr(f"/tmp/{number}.zip", inner.getvalue())
    return outer.getvalue()


def tarred() -> bytes:
    """A tar.gz with a link out of its folder."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        link = tarfile.TarInfo("x")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        big = tarfile.TarInfo("big")
        big.size = 10_000_000
        archive.addfile(big, io.BytesIO(bytes(big.size)))
    return made.getvalue()


ARCHIVES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "bomb.zip": ("application/zip", zipped),
    "bomb.tar.gz": ("application/gzip", tarred),
    "bomb.gz": ("application/x-gzip", lambda: gzip.compress(bytes(50_000_000))),
    "bomb.bz2": ("application/x-bzip2", lambda: bz2.compress(bytes(10_000_000))),
    "bomb.xz": ("application/x-xz", lambda: lzma.compress(bytes(10_000_000))),
    "report.docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", zipped),
    "message.eml.zip": ("application/octet-stream", zipped),
    "cut.zip": ("application/zip", lambda: zipped()[:-50]),
}


@pytest.mark.parametrize("name", list(ARCHIVES))
def test_an_archive_is_kept_as_it_is_and_nothing_in_it_is_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    media, make = ARCHIVES[name]
    content = make()
    part = (
        f'Content-Type: {media}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n'
        f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(content).decode()}"
    )
    raw = multipart("mixed", TEXT, part)

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("an archive was opened")

    for module, names in (
        (zipfile, ("ZipFile", "is_zipfile")),
        (tarfile, ("open", "is_tarfile")),
        (gzip, ("open", "decompress", "GzipFile")),
        (zlib, ("decompress", "decompressobj")),
        (bz2, ("open", "decompress", "BZ2Decompressor")),
        (lzma, ("open", "decompress", "LZMADecompressor")),
    ):
        for each in names:
            monkeypatch.setattr(module, each, opened)
    tracemalloc.start()
    try:
        message = read(raw)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (attachment,) = message.attachments
    assert (attachment.filename, attachment.content) == (name, content)
    assert message.text == "Text"
    # A few copies of the mail, and nothing of what is in it.
    assert most < 12 * len(raw) + 4_000_000
