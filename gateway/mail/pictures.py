"""Pictures that may be shown in a page of ours: raster formats, which run nothing and load nothing (SVG does both)."""

_TYPES = {
    "image/png": "image/png",
    "image/x-png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
}
_EXTENSIONS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_UNTYPED = frozenset({"", "application/octet-stream"})


def is_picture(media: str, filename: str) -> bool:
    """Whether a file calls itself such a picture: by its type or, where senders give none, by its name."""
    media = media.partition(";")[0].strip().lower()
    return media in _TYPES or (media in _UNTYPED and filename.lower().endswith(_EXTENSIONS))


def picture_type(data: bytes) -> str:
    """The media type of a PNG, JPEG, GIF or WebP by its first bytes (WHATWG MIME Sniffing 6.1), "" for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:14] == b"WEBPVP":
        return "image/webp"
    return ""
