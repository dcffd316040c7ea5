"""A disk that is nearly full: the daemon takes no mail, and says that it may come later."""

import smtplib
from pathlib import Path

from tests.daemon import LOG, SECONDS, daemon


def test_below_the_floor_no_mail_is_begun(tmp_path: Path) -> None:
    with daemon(tmp_path, config='[storage]\nfree_floor = "100000TiB"\n') as house:
        with smtplib.SMTP("127.0.0.1", house.port, timeout=SECONDS) as client:
            client.ehlo("client.example")
            code, text = client.mail("nora.feld@lumenfold.example")
            assert (code, client.rcpt(LOG)[0]) == (452, 503)
        assert b"Not enough room" in text
