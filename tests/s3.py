"""An S3-compatible server over HTTP (moto's), in a process of its own."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from tests.postfix import free_port, until

_SERVE = "from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"


@dataclass(frozen=True)
class S3:
    """A server that runs, with one bucket. `environment` is what a client of it needs (the variables of AWS)."""

    url: str
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        """Be gone."""
        self.process.kill()
        self.process.wait(30)


@contextmanager
def s3() -> Iterator[S3]:
    """A server while the block runs; it keeps everything in memory."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        (Path(folder) / "log").open("wb") as log,
        subprocess.Popen((sys.executable, "-c", _SERVE.format(port=port)), stdout=log, stderr=log) as process,
    ):
        try:
            until(
                lambda: _made(f"http://127.0.0.1:{port}/touchpoints"),
                lambda: (Path(folder) / "log").read_text(errors="replace"),
            )
            environment = {
                "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
                "AWS_ALLOW_HTTP": "true",
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "tester",
                "AWS_SECRET_ACCESS_KEY": "secret",
            }
            yield S3("s3://touchpoints/blobs", environment, process)
        finally:
            process.kill()


def _made(bucket: str) -> bool:
    """Make a bucket; False as long as nobody answers."""
    request = Request(
        bucket,
        method="PUT",
        headers={"Authorization": "AWS4-HMAC-SHA256 Credential=tester/x/us-east-1/s3/aws4_request"},
    )
    try:
        with urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
