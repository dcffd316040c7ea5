"""What a worker's process takes of the kernel."""

import subprocess
import sys

from gateway.filing.limits import environment

# Some copies of an attachment at a time, as a mail of 1 MB makes them; then one mail as large as any.
_WORK = """
import resource
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
def mail(size):
    copies = [bytes(range(256)) * (size // 256) for _ in range(5)]
for _ in range(3):
    mail(1 << 20)
before = faults()
for _ in range(50):
    mail(1 << 20)
print(faults() - before)
before = resident()
mail(25 << 20)
print(resident() - before)
"""


def test_mail_after_mail_takes_no_memory_anew_and_a_large_one_leaves_none() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _WORK],
        env=environment(),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    faults, kept = map(int, ran.stdout.split())
    assert faults < 50 * 5 * 256 / 10  # pages
    assert kept < 10 * 1024 * 1024
