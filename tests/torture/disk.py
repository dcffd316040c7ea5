"""What a disk holds for certain, told from a trace of the calls that wrote to it.

Certain is what POSIX promises: the bytes of a file that an fsync of that file covered, a name once its folder was
synced. Everything else may be there after a power cut or not. Calls are as `strace -f -y -s LARGE` prints them; one
that is still under way when another begins has not happened for it.
"""

import codecs
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

TRACED = (
    *("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "openat", "mkdir", "rename", "unlink"),
    *(
        "writev",
        "pwritev",
        "sendto",
        "sendmsg",
        "renameat",
        "renameat2",
        "link",
        "linkat",
        "unlinkat",
        "mkdirat",
    ),
)
_ENTRY = re.compile(rb"^(\d+) +(\w+)\((.*)$", re.DOTALL)
_RESUMED = re.compile(rb"^(\d+) +<\.\.\. (\w+) resumed>(.*)$", re.DOTALL)
_RESULT = re.compile(rb"\) += (-?\d+)")
_FD = re.compile(rb"^\d+<([^>]*)>")
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_SPLIT = b" <unfinished ...>"
_UNKNOWN = ("writev", "pwritev", "renameat", "renameat2", "linkat", "unlinkat", "mkdirat")


@dataclass(frozen=True, slots=True)
class Event:
    """A call that began or ended. `number` is the same for both; an end has its result."""

    number: int
    name: str
    arguments: bytes
    begins: bool
    result: int = 0


def events(trace: Path) -> Iterator[Event]:
    """Beginnings and ends of the calls of a trace, in their order."""
    under_way: dict[bytes, tuple[int, str, bytes]] = {}
    with trace.open("rb") as lines:
        for number, line in enumerate(lines):
            if match := _RESUMED.match(line):
                if match[1] in under_way:
                    begun, name, arguments = under_way.pop(match[1])
                    yield Event(begun, name, arguments, False, _result(match[3]))
                continue
            match = _ENTRY.match(line)
            if match is None:
                continue
            name, rest = match[2].decode(), match[3].rstrip(b"\n")
            yield Event(number, name, rest, True)
            if rest.endswith(_SPLIT):
                under_way[match[1]] = (number, name, rest.removesuffix(_SPLIT))
            else:
                yield Event(number, name, rest, False, _result(rest))


def _result(text: bytes) -> int:
    found = None
    for found in _RESULT.finditer(text):  # noqa: B007 - the last one
        pass
    return int(found[1]) if found else -1


@dataclass(eq=False)
class Inode:
    """A file: what is certain of it, and what was written since. A change is (offset, bytes) or a size."""

    certain: bytearray = field(default_factory=bytearray)
    since: "list[tuple[int, bytes | None]]" = field(default_factory=list)


def _apply(content: bytearray, change: "tuple[int, bytes | None]") -> None:
    offset, written = change
    if written is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(written)] = written


class Disk:
    """The folder `root` of a disk, on which nothing was when the trace began."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._names: dict[str, Inode] = {}
        self._certain: dict[str, Inode] = {}
        # Changes of names that no fsync of their folder covered: in the order of a journal.
        self._since: list[tuple[str, Inode | None]] = []
        self._folders = {root}
        self._certain_folders: set[str] = set()
        self._new_folders: list[str] = []
        self._syncs: dict[int, tuple[Inode | None, int, str]] = {}

    def take(self, event: Event) -> None:
        """One event."""
        if event.name in ("fsync", "fdatasync"):
            self._synced(event)
            return
        if event.begins or event.result < 0:
            return
        arguments = event.arguments
        match event.name:
            case "openat" | "mkdir" | "rename" | "link" | "unlink":
                paths = [
                    _unescaped(each).decode()
                    for each in _STRING.findall(arguments.rpartition(b") = ")[0] or arguments)
                ]
                if paths and self._is_inside(paths[0]):
                    self._named(event.name, paths, arguments)
            case "write" | "pwrite64" | "ftruncate":
                self._written(event)
            case name if name in _UNKNOWN and self._root.encode() in arguments:
                raise AssertionError(f"a call that this model does not know: {name}({arguments[:200]!r}")

    def _is_inside(self, path: str) -> bool:
        return path == self._root or path.startswith(f"{self._root}/")

    def _named(self, call: str, paths: list[str], arguments: bytes) -> None:
        path = paths[0]
        if call == "openat":
            if b"O_CREAT" in arguments and path not in self._names:
                self._name(path, Inode())
            elif b"O_TRUNC" in arguments and path in self._names:
                self._names[path].since.append((0, None))
        elif call == "mkdir":
            self._folders.add(path)
            self._new_folders.append(path)
        elif call == "rename":
            inode = self._names.pop(path)
            self._since.append((path, None))
            self._name(paths[1], inode)
        elif call == "link":
            self._name(paths[1], self._names[path])
        elif path in self._names:
            del self._names[path]
            self._since.append((path, None))

    def _name(self, path: str, inode: Inode) -> None:
        self._names[path] = inode
        self._since.append((path, inode))

    def _written(self, event: Event) -> None:
        match = _FD.match(event.arguments)
        inode = self._names.get(match[1].decode()) if match else None
        if inode is None:
            return
        if event.name == "ftruncate":
            inode.since.append((int(event.arguments.partition(b", ")[2].partition(b")")[0]), None))
            return
        string = _STRING.search(event.arguments)
        assert string is not None
        content = _unescaped(string[1])[: event.result]
        assert len(content) == event.result, f"the trace holds {len(content)} of {event.result} bytes"
        if event.name == "pwrite64":
            offset = int(event.arguments[string.end() :].split(b",")[2].partition(b")")[0])
        else:  # whoever writes without an offset appends here
            offset = max([len(inode.certain), *(at + len(data or b"") for at, data in inode.since)])
        inode.since.append((offset, content))

    def _synced(self, event: Event) -> None:
        match = _FD.match(event.arguments)
        path = match[1].decode() if match else ""
        if event.begins:
            inode = self._names.get(path)
            self._syncs[event.number] = (inode, len(inode.since) if inode else len(self._since), path)
            return
        inode, count, path = self._syncs.pop(event.number)
        if event.result < 0:
            return
        if inode is not None:
            for change in inode.since[:count]:
                _apply(inode.certain, change)
            del inode.since[:count]
        elif path in self._folders or any(each.startswith(path) for each in self._folders):
            self._folder_synced(path, count)

    def _folder_synced(self, folder: str, count: int) -> None:
        covered = [each for each in self._since[:count] if _parent(each[0]) == folder]
        for path, inode in covered:
            if inode is None:
                self._certain.pop(path, None)
            else:
                self._certain[path] = inode
        self._since = [
            each for number, each in enumerate(self._since) if number >= count or _parent(each[0]) != folder
        ]
        made = [each for each in self._new_folders if _parent(each) == folder]
        self._certain_folders.update(made)
        self._new_folders = [each for each in self._new_folders if each not in made]

    def after_power_cut(self, folder: Path, chance: random.Random | None = None) -> None:
        """Write into an empty folder what the disk holds: what is certain, and by `chance` some of the rest."""
        names = dict(self._certain)
        folders = set(self._certain_folders)
        if chance is not None:
            # A journal keeps the order: of names the first ones, of pages any.
            for path, inode in self._since[: chance.randint(0, len(self._since))]:
                if inode is None:
                    names.pop(path, None)
                else:
                    names[path] = inode
            folders |= set(self._new_folders)
        folder.mkdir(parents=True, exist_ok=True)
        for path, inode in names.items():
            if path.endswith("-shm") or not self._reached(_parent(path), folders):
                continue
            content = bytearray(inode.certain)
            for change in inode.since if chance is not None else ():
                if chance is not None and chance.random() < 0.5:
                    _apply(content, change)
            target = folder / PurePosixPath(path).relative_to(self._root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def _reached(self, path: str, folders: set[str]) -> bool:
        """Whether every folder down to this one is there; the root is, for it was made before."""
        while path != self._root:
            if path not in folders:
                return False
            path = _parent(path)
        return True


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _unescaped(text: bytes) -> bytes:
    return codecs.escape_decode(text)[0]  # type: ignore[attr-defined,no-any-return]
