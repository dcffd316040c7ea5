"""django-mailbox, the nearest peer that files mail into a database: installed apart, fed from a maildir."""

import json
import subprocess
import tomllib
import venv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.daemon import ROOT

_PROGRAM = """
import json, sys, time
from pathlib import Path
import django
from django.conf import settings

folder = Path(sys.argv[1])
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django_mailbox"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "django.db")}},
    MEDIA_ROOT=str(folder / "media"),
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    LOGGING_CONFIG=None,
)
django.setup()
from django.core.management import call_command
from django_mailbox.models import Mailbox, Message

call_command("migrate", verbosity=0)
box = Mailbox.objects.create(name="load", uri=f"maildir://{folder}/mails")
begun = time.perf_counter()
count = sum(1 for _ in box.get_new_mail())
seconds = time.perf_counter() - begun
print(json.dumps({"count": count, "rows": Message.objects.count(), "seconds": seconds}))
"""


def installed(folder: Path) -> tuple[Path | None, str]:
    """Its Python in a new environment in `folder`, at the versions of the dependency group `bench`; or why not."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["bench"]
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = (str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", *wanted)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        return None, f"cannot be installed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"
    return python, ""


def rate(python: Path, folder: Path, mails: Iterator[bytes], count: int) -> float:
    """Mails a second that `get_new_mail` takes out of a maildir and keeps. Raises RuntimeError when it loses any."""
    for name in ("cur", "new", "tmp"):
        (folder / "mails" / name).mkdir(parents=True)
    for number, mail in enumerate(islice(mails, count)):
        (folder / "mails" / "new" / f"{1_700_000_000 + number}.{number}.load").write_bytes(mail)
    command = (str(python), "-c", _PROGRAM, str(folder))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(f"django-mailbox: {done.stderr.strip()[-500:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    if told["rows"] != count:
        raise RuntimeError(f"django-mailbox kept {told['rows']} of {count} mails")
    return float(count / told["seconds"])
