"""The mutations of `tests.torture.rows.mutations`: what each drops, where, and which tests must notice."""

from tests.torture.rows.mutations import Mutation

INTAKE = "tests/intake/test_intake.py"
INBOUND = "tests/storage/test_inbound.py"
DKIM = "tests/believe/test_dkim.py"
DIALOGUES = "tests/smtp/test_dialogues.py"
SESSION = "tests/smtp/test_session.py"

MUTATIONS: tuple[Mutation, ...] = (
    # -- nothing accepted is lost -------------------------------------------------------------------------
    Mutation(
        "the shield around the commit",
        "gateway/intake.py",
        "kept = await asyncio.shield(task)",
        "kept = await task",
        (INTAKE,),
    ),
    Mutation(
        "the database's fsync",
        "storage/engine.py",
        '"PRAGMA synchronous = FULL"',
        '"PRAGMA synchronous = NORMAL"',
        ("tests/storage/test_engine.py",),
    ),
    Mutation(
        "the fsync of a blob",
        "storage/blobs.py",
        "                _fsync(file.fileno())\n",
        "",
        ("tests/storage/test_blobs.py",),
    ),
    Mutation(
        "the fsync of a blob's folders",
        "storage/blobs.py",
        "            incoming.rename(root / path)\n",
        "            incoming.rename(root / path)\n            return\n",
        ("tests/storage/test_blobs.py",),
    ),
    Mutation(
        "leaving after an fsync that failed",
        "gateway/intake.py",
        "        if self._broken or not _is_failed_disk(error):\n",
        "        if True:\n",
        ("tests/intake/test_failing_disk.py",),
    ),
    Mutation(
        "no old connection after a write that failed",
        "storage/engine.py",
        "            context.is_disconnect = True\n",
        "            pass\n",
        ("tests/storage/test_failing_disk.py",),
    ),
    Mutation(
        "451 when the mail is not kept",
        "gateway/smtp/handler.py",
        "            return replies.NOT_KEPT\n",
        '            return replies.KEPT.filled(mail="0")\n',
        ("tests/smtp", "tests/e2e/test_daemon.py"),
    ),
    # -- and nothing is filed twice -----------------------------------------------------------------------
    Mutation(
        "the dedup at intake",
        "storage/inbound.py",
        "        if identity not in known:\n",
        "        if True:\n",
        (INBOUND, INTAKE),
    ),
    # -- nobody is believed without proof -----------------------------------------------------------------
    Mutation(
        "the l= rule",
        "gateway/believe/dkim.py",
        '    if b"l" in tags:\n',
        '    if b"never" in tags:\n',
        ("tests/believe",),
    ),
    Mutation(
        "at most ten signatures",
        "gateway/believe/dkim.py",
        "wanted=tried <= MAX_SIGNATURES",
        "wanted=True",
        (DKIM,),
    ),
    # -- each limit ---------------------------------------------------------------------------------------
    Mutation(
        "the limit of connections",
        "gateway/smtp/gate.py",
        "if self._sessions >= self._limits.connections:",
        "if False:",
        ("tests/smtp",),
    ),
    Mutation(
        "the limit of connections of an address",
        "gateway/smtp/gate.py",
        "if self._networks[network] >= self._limits.connections_per_address:",
        "if False:",
        ("tests/smtp",),
    ),
    Mutation(
        "the limit of recipients",
        "gateway/smtp/session.py",
        "if len(self._recipients) >= self._limits.recipients:",
        "if False:",
        (DIALOGUES,),
    ),
)
