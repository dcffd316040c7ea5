"""The judge of power cuts: what it takes for certain, and that it sees what it is there to see."""

from pathlib import Path

from tests.torture.disk import Disk, events

ROOT = "/x"


def held(tmp_path: Path, trace: str) -> dict[str, bytes]:
    """What is certain after a trace."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "trace").write_text(trace)
    disk = Disk(ROOT)
    for event in events(tmp_path / "trace"):
        disk.take(event)
    disk.after_power_cut(tmp_path / "cut")
    found = (tmp_path / "cut").rglob("*")
    return {
        path.relative_to(tmp_path / "cut").as_posix(): path.read_bytes() for path in found if path.is_file()
    }


MADE = '7 openat(AT_FDCWD</y>, "/x/a", O_RDWR|O_CREAT, 0644) = 3</x/a>\n'
WRITTEN = '7 pwrite64(3</x/a>, "ab\\0c", 4, 2) = 4\n'
SYNCED = "7 fdatasync(3</x/a>) = 0\n"
FOLDER = "7 fsync(4</x>) = 0\n"


def test_bytes_and_name_are_there_once_both_were_synced(tmp_path: Path) -> None:
    assert held(tmp_path, MADE + WRITTEN + SYNCED + FOLDER) == {"a": b"\0\0ab\0c"}


def test_what_was_not_synced_is_not_there(tmp_path: Path) -> None:
    assert held(tmp_path, MADE + WRITTEN + FOLDER) == {"a": b""}


def test_a_name_whose_folder_was_not_synced_is_not_there(tmp_path: Path) -> None:
    assert held(tmp_path, MADE + WRITTEN + SYNCED) == {}


def test_an_fsync_that_failed_covers_nothing(tmp_path: Path) -> None:
    failed = "7 fdatasync(3</x/a>) = -1 EIO (Input/output error)\n"
    assert held(tmp_path, MADE + WRITTEN + failed + FOLDER) == {"a": b""}


def test_a_write_that_ends_after_the_fsync_began_is_not_covered(tmp_path: Path) -> None:
    trace = (
        MADE
        + "8 fdatasync(3</x/a> <unfinished ...>\n"
        + WRITTEN
        + "8 <... fdatasync resumed>) = 0\n"
        + FOLDER
    )
    assert held(tmp_path, trace) == {"a": b""}


def test_a_rename_counts_once_the_new_folder_was_synced(tmp_path: Path) -> None:
    folder = '7 mkdir("/x/d", 0700) = 0\n'
    renamed = '7 rename("/x/a", "/x/d/b") = 0\n'
    new = "7 fsync(4</x/d>) = 0\n"
    begun = MADE + WRITTEN + SYNCED + FOLDER + folder + renamed
    assert held(tmp_path / "1", begun) == {"a": b"\0\0ab\0c"}
    assert "d/b" not in held(tmp_path / "2", begun + new)  # its folder's own name is not there
    assert held(tmp_path / "3", begun + new + FOLDER) == {"d/b": b"\0\0ab\0c"}


def test_a_file_that_was_cut_is_as_long_as_it_says(tmp_path: Path) -> None:
    cut = "7 ftruncate(3</x/a>, 3) = 0\n"
    assert held(tmp_path, MADE + WRITTEN + cut + SYNCED + FOLDER) == {"a": b"\0\0a"}
