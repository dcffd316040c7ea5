"""The judge of what came in: it finds what a log holds that nobody caught."""

from tests.torture.incoming import in_log


def test_each_traceback_is_told_with_its_end() -> None:
    lines = (
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in emit',
        "    stream.write(x)",
        "OSError: [Errno 5] Input/output error",
        "Call stack:",
        "Traceback (most recent call last):",
        "ValueError: no",
    )
    found = in_log([{"event": "filed"}, *({"line": line} for line in lines)])
    assert [each.rpartition(" / ")[2].removeprefix("in the log: Traceback: ") for each in found] == [
        "OSError: [Errno 5] Input/output error",
        "ValueError: no",
    ]
    assert "stream.write(x)" in found[0]
