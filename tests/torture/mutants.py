"""The mutations of `tests.torture.rows.mutations`: what each drops, where, and which tests must notice."""

from tests.torture.rows.mutations import Mutation

INTAKE = "tests/intake/test_intake.py"
INBOUND = "tests/storage/test_inbound.py"
ARC = "tests/believe/test_arc.py"
DKIM = "tests/believe/test_dkim.py"
DIALOGUES = "tests/smtp/test_dialogues.py"
SESSION = "tests/smtp/test_session.py"
TRUST = "tests/believe/test_trust.py"

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
    Mutation(
        "a signature must cover From",
        "gateway/believe/signature.py",
        '    if b"from" not in names:\n',
        "    if not names:\n",
        (DKIM,),
    ),
    Mutation(
        "a second From breaks the signature",
        "gateway/believe/signature.py",
        '(*names, b"from")',
        "names",
        (DKIM,),
    ),
    Mutation(
        "SHA-1 is not trusted",
        "gateway/believe/signature.py",
        '    if tags.get(b"a") not in _KINDS:\n',
        '    if tags.get(b"a") not in (*_KINDS, b"rsa-sha1"):\n',
        (DKIM,),
    ),
    Mutation(
        "short keys are not trusted",
        "gateway/believe/signature.py",
        "not MIN_RSA <= bits <= MAX_RSA",
        "not 1 <= bits <= MAX_RSA",
        (DKIM,),
    ),
    Mutation(
        "expiry and form of a signature",
        "gateway/believe/dkim.py",
        "        dkim.validate_signature_fields(tags)\n",
        "",
        (DKIM,),
    ),
    Mutation(
        "revoked keys are not trusted",
        "gateway/believe/signature.py",
        '    if not record.get(b"p"):\n',
        "    if not record:\n",
        (DKIM,),
    ),
    Mutation(
        "no seal but a configured sealer's",
        "rules/trust.py",
        "        if not each.configured:\n            return None\n",
        "        if not each.configured:\n            continue\n",
        (ARC,),
    ),
    Mutation(
        "the newest ARC signature must hold",
        "gateway/believe/arc.py",
        "    verify_message(newest.signature, tags, header, body, questions)\n",
        "",
        (ARC,),
    ),
    Mutation(
        "every ARC seal must hold",
        "gateway/believe/arc.py",
        "    for length in range(len(chain) - 1, 0, -1):\n",
        "    for length in ():\n",
        (ARC,),
    ),
    Mutation(
        "no ARC signature with l=",
        "gateway/believe/arc.py",
        '    if b"l" in tags:\n',
        '    if b"never" in tags:\n',
        (ARC,),
    ),
    Mutation(
        "DNS trouble is never verified by the operator's word",
        "rules/trust.py",
        "        if said != VERIFIED or not _trouble(evidence, domain):\n",
        "        if said:\n",
        (TRUST,),
    ),
    Mutation(
        "exactly one author",
        "rules/trust.py",
        "    if evidence.from_fields != 1 or evidence.from_addresses != 1:\n",
        "    if evidence.from_fields < 1:\n",
        (TRUST,),
    ),
    Mutation(
        "Authentication-Results only above the relay's own line",
        "gateway/believe/upstream.py",
        'above = header.fields[: names.index("received")]',
        "above = header.fields",
        ("tests/believe/test_upstream.py",),
    ),
    Mutation(
        "the size of the DNS cache",
        "gateway/believe/cache.py",
        " or self._bytes > self._max_bytes:\n",
        ":\n",
        ("tests/believe/test_cache.py",),
    ),
    Mutation(
        "the second look when DNS was in trouble",
        "gateway/filing/worker.py",
        ", patient=self._patient(mail)",
        "",
        ("tests/filing/test_belief.py",),
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
