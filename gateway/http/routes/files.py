"""Uploads, attachments and assets."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from typing import IO, Annotated, Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from gateway.desk import files, uploads
from gateway.desk.files import Content
from gateway.desk.problems import too_slow
from gateway.http.given import AccountKey, AtDesk, By, Cursor, Id, Limit, Number
from gateway.http.told import AssetTold, Page, UploadTold

router = APIRouter(tags=["files"])

IN_MEMORY = 1024 * 1024
"""Bytes of an upload that are kept in memory while it arrives; of a larger one a file is made."""

UPLOAD_SECONDS = 600.0
"""How long a file may take to arrive."""

UPLOADS = "/uploads"
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"*/*": _BINARY}},
}
_NOT_ASCII = re.compile(r"[^A-Za-z0-9 !#$&+,.=@^_`{}~()'-]")


async def _received(request: Request, desk: AtDesk, actor: By) -> AsyncIterator[IO[bytes]]:
    """The body as it arrives, no more of it than a file may have."""
    uploads.require_upload(actor)
    limit = uploads.size_limit(desk)
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise uploads.upload_too_large(desk)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        size = 0
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                async for piece in request.stream():
                    size += len(piece)
                    if size > limit:
                        raise uploads.upload_too_large(desk)
                    if size > IN_MEMORY:
                        await to_thread.run_sync(file.write, piece)
                    else:
                        file.write(piece)
        except TimeoutError:
            raise too_slow(UPLOAD_SECONDS) from None
        file.seek(0)
        yield file


@router.post(
    UPLOADS,
    status_code=201,
    response_model=UploadTold,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": _BINARY}},
    },
)
def upload_file(
    request: Request,
    desk: AtDesk,
    actor: By,
    content: Annotated[IO[bytes], Depends(_received)],
    filename: Annotated[
        str, Query(max_length=1000, description="What the file is called.", examples=["plan.pdf"])
    ] = "",
) -> dict[str, Any]:
    """Send a file, as it is, for a touchpoint of yours to attach within a day. Content-Type says what it is."""
    return uploads.upload(desk, actor, content, filename, request.headers.get("content-type", ""))


@router.get("/touchpoints/{id}/attachments/{number}", response_class=Response, responses=_FILE)
def read_attachment(desk: AtDesk, actor: By, id: Id, number: Number) -> Response:  # noqa: A002
    """Read an attachment of a touchpoint or reply."""
    return _file(files.attachment(desk, actor, id, number))


@router.post(
    "/touchpoints/{id}/attachments/{number}/asset",
    status_code=201,
    response_model=AssetTold,
    responses={200: {"model": AssetTold, "description": "The account has this content already."}},
)
def make_asset(desk: AtDesk, actor: By, id: Id, number: Number, response: Response) -> dict[str, Any]:  # noqa: A002
    """Make an attachment an asset of its account."""
    value, new = files.make_asset(desk, actor, id, number)
    response.status_code = 201 if new else 200
    return value


@router.get("/accounts/{key}/assets", response_model=Page[AssetTold])
def list_assets(
    desk: AtDesk, actor: By, key: AccountKey, limit: Limit = 50, cursor: Cursor = ""
) -> dict[str, Any]:
    """List the assets of an account, newest first."""
    items, following = files.assets(desk, actor, key, limit, cursor)
    return {"items": items, "next": following}


@router.get("/accounts/{key}/assets/{id}", response_class=Response, responses=_FILE)
def read_asset(
    desk: AtDesk,
    actor: By,
    key: AccountKey,
    id: Annotated[int, Path(ge=1, le=(1 << 63) - 1)],  # noqa: A002
) -> Response:
    """Read an asset of an account."""
    return _file(files.asset(desk, actor, key, id))


def _file(content: Content) -> Response:
    """A file to be saved (RFC 6266), or a picture to be seen in a page; never a page of ours itself."""
    plain = _NOT_ASCII.sub("_", content.filename)
    kind = "inline" if content.inline else "attachment"
    disposition = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(content.filename, safe='')}"
    headers = {
        "Content-Disposition": disposition,
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        # Given here: the response would add a charset to text that nobody knows the charset of.
        "Content-Type": content.content_type,
    }
    return Response(content.data, headers=headers)
