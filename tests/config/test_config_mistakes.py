"""Every mistake at once, each with its key, what is wrong, and a value that works."""

from collections.abc import Callable

import pytest

from gateway.config import ConfigError, ConfigProblem, Settings, load
from gateway.config.checks import advice, cross_checks
from gateway.config.settings import Relay

Problems = Callable[[str], dict[str, ConfigProblem]]

LOG = '[[logging]]\naddress = "log@a.example"\n'


def test_all_mistakes_are_told_at_once(problems: Problems) -> None:
    found = problems(
        """
        hostnam = "x"
        own_domains = ["1.2.3.4", "good.example", "a b"]
        [[logging]]
        address = "log+x@a.example"
        [trust]
        "x.example" = "maybe"
        [smtp]
        listen = ["127.0.0.1:99999", "unix:relative"]
        size_limit = "lots"
        tls_key = "/key.pem"
        [filing]
        workers = "two"
        [relay]
        port = 70000
        [nonsense]
        """
    )
    assert set(found) == {
        "hostnam",
        "own_domains[0]",
        "own_domains[2]",
        "logging[0].address",
        'trust."x.example"',
        "smtp.listen[0]",
        "smtp.listen[1]",
        "smtp.size_limit",
        "smtp.tls_certificate",
        "filing.workers",
        "relay.port",
        "nonsense",
    }
    assert all(problem.example for problem in found.values())


def test_one_mistake_is_told_once() -> None:
    settings = Settings.model_validate({"smtp": {"limits": {"total_message_bytes": 1024}}})
    assert [problem.key for _, problem in cross_checks(settings)] == ["smtp.limits.total_message_bytes"]


def test_an_unknown_key_suggests_the_nearest(problems: Problems) -> None:
    assert problems("[smtp]\nlisten_on = []")["smtp.listen_on"].example == "listen = …"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        (LOG + LOG, "logging[1].address", "already"),
        ('[[logging]]\naddress = "postmaster@a.example"', "logging[0].address", "administrator"),
        ('[[logging]]\naddress = "me-log@a.example"', "logging[0].address", "user_prefix"),
        ('[[logging]]\naddress = "log@[10.0.0.1]"', "logging[0].address", "not a domain"),
        ('[[logging]]\naddress = "log@10.0.0.1"', "logging[0].address", "IP address"),
        ('[[logging]]\naddress = "log"', "logging[0].address", "not a mail address"),
        ('[[logging]]\naddress = "a b@a.example"', "logging[0].address", "cannot stand before the @"),
        ('[[logging]]\nflow = "Adoption"', "logging[0].address", "missing"),
        ("logging = []", "logging", "at least one"),
        ('user_prefix = "me"', "user_prefix", "match"),
        ('never_log = ["lumenfold.example"]', "never_log[0]", "keeps out"),
        ('never_log = ["log@touchpoints.lumenfold.example"]', "never_log[0]", "keeps out"),
        ('[smtp]\ntls_certificate = "/cert.pem"', "smtp.tls_key", "missing"),
        ('[smtp]\nlisten = ["127.0.0.1:25", "submission:127.0.0.1:587"]', "smtp.listen[1]", "passwords"),
        ('[smtp]\nlisten = ["127.0.0.1:25", "lmtp:127.0.0.1:25"]', "smtp.listen[1]", "taken"),
        ('[smtp]\nlisten = ["::1:25"]', "smtp.listen[0]", "brackets"),
        ('[smtp]\nlisten = ["localhost"]', "smtp.listen[0]", "host:port"),
        ("[smtp]\nlisten = []", "smtp.listen", "at least one"),
        (f'[smtp]\nlisten = ["unix:/{"x" * 107}"]', "smtp.listen[0]", "107 bytes"),
        ('[smtp]\nproxy_trusted = ["10.0.0.1/8"]', "smtp.proxy_trusted[0]", "host bits"),
        ("[smtp.limits]\nconnections = 5", "smtp.limits.connections_per_address", "more than"),
        ('[smtp]\nsize_limit = "1GiB"', "smtp.limits.total_message_bytes", "less than"),
        ("[filing]\nlease_seconds = 10", "filing.lease_seconds", "second worker"),
        ("[sender_check]\ntimeout_seconds = 30", "sender_check.timeout_seconds", "waits for DNS"),
        ("[filing]\nworkers = -1", "filing.workers", "greater than or equal to 0"),
        ('[filing]\nmemory_limit = "1MiB"', "filing.memory_limit", "greater than"),
        ('[storage]\ndatabase = "mysql://db.example/x"', "storage.database", "mysql"),
        (
            '[sender_check]\nupstreams = [{networks = ["10.0.0.5"]}]',
            "sender_check.upstreams[0].authserv_id",
            "missing",
        ),
        ('[relay]\nusername = "u"', "relay.password_file", "missing"),
        ('[relay]\nusername = "u"\npassword = "p"\npassword_file = "/p"', "relay.password_file", "which one"),
        (
            '[relay]\nhost = "r.example"\ntls = "none"\npassword = "p"\nusername = "u"',
            "relay.tls",
            "in the clear",
        ),
        ('[log]\nlevel = "loud"', "log.level", "'debug', 'info'"),
        ("smtp = 5", "smtp", "table"),
        ('trust = "x.example"', "trust", "JSON"),
    ],
)
def test_impossible_values(problems: Problems, text: str, key: str, says: str) -> None:
    found = problems(text)
    assert list(found) == [key]
    assert says in found[key].problem


def test_a_cross_check_is_not_made_on_what_is_wrong_already(problems: Problems) -> None:
    assert list(problems('[filing]\nlease_seconds = 1\ndeadline_seconds = "soon"')) == [
        "filing.deadline_seconds"
    ]


def test_a_password_over_loopback_needs_no_tls() -> None:
    relay = Relay.model_validate({"host": "127.0.0.1", "tls": "none", "username": "u", "password": "p"})
    assert list(cross_checks(Settings(relay=relay))) == []


def test_secrets_are_not_told(problems: Problems) -> None:
    found = problems("[relay]\npassword = 4711\n[storage]\ndatabase = 4711")
    assert set(found) == {"relay.password", "storage.database"}
    assert not any("4711" in str(problem) for problem in found.values())


def test_a_mistake_in_a_variable_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_SMTP__RECIPIENTS_LIMIT", "many")
    with pytest.raises(ConfigError) as raised:
        load()
    assert raised.value.problems[0].source == "environment variable GATEWAY_SMTP__RECIPIENTS_LIMIT"


@pytest.mark.parametrize("name", ["GATEWAY_DATADIR", "GATEWAY_SMPT__LISTEN", "GATEWAY_SMTP__FOO"])
def test_a_variable_that_names_no_key_is_a_mistake(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigError):
        load()


@pytest.mark.parametrize("name", ["GATEWAY_SERVICE_HOST", "GATEWAY_PORT", "GATEWAY_PORT_25_TCP_ADDR"])
def test_service_links_of_a_cluster_are_not_ours(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "10.0.0.1")
    load()


def test_what_is_seldom_meant_is_advice_and_no_mistake() -> None:
    settings = Settings.model_validate({"hostname": "mx1", "smtp": {"listen": [":25"]}})
    assert [hint.key for hint in advice(settings)] == [
        "logging[0].address",
        "hostname",
        "smtp.tls_certificate",
        "administrator",
    ]
    closed = {
        "smtp": {"listen": ["127.0.0.1:25"]},
        "administrator": "a@b.example",
        "relay": {"host": "127.0.0.1"},
    }
    assert list(advice(Settings.model_validate(closed))) == []
