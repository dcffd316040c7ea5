"""Hostile mails made at random: whatever arrives, it is read without a crash, decided, and can be stored and shown.

The torture bench does the same by the ten thousand, and sends them to the real daemon (`tests/torture/rows/mime.py`).
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mail.hostile_mails import hostile_mails, mutated
from tests.mail.seeds import SEEDS
from tests.mail.taken import faults


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(st.sampled_from(SEEDS)))
def test_every_mutation_of_a_mail_is_read_whole(raw: bytes) -> None:
    assert faults(raw) == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile_mails())
def test_no_hostile_mail_is_too_much(raw: bytes) -> None:
    assert faults(raw) == []
