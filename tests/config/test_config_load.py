"""Where settings come from, and which place wins."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import ConfigError, Settings, load
from gateway.config.values import Listen

Write = Callable[[str], Path]


def test_without_a_file_mail_is_taken_from_this_machine_alone() -> None:
    settings = load()
    assert settings.smtp.listen == (Listen("127.0.0.1", 8025),)
    assert settings.data_dir == Path("var")
    assert settings.site().logging[0].address == "log@touchpoints.lumenfold.example"


def test_the_file_in_the_working_folder_is_found() -> None:
    Path("config.toml").write_text('hostname = "here.example"')
    assert load().hostname == "here.example"


def test_the_variable_names_a_file_and_the_option_wins(file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("config.toml").write_text('hostname = "here.example"')
    Path("named.toml").write_text('hostname = "named.example"')
    monkeypatch.setenv("GATEWAY_CONFIG", "named.toml")
    assert load().hostname == "named.example"
    assert load(file('hostname = "given.example"')).hostname == "given.example"


def test_environment_over_credential_over_file(
    file: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "gateway_relay__password").write_text("from the credential\n")
    (folder / "gateway_relay__host").write_text("credential.example\n")
    (folder / "tls.key").write_text("of no concern")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    monkeypatch.setenv("GATEWAY_RELAY__HOST", "environment.example")
    settings = load(file('[relay]\nhost = "file.example"\nusername = "u"\nport = 587'))
    assert settings.relay.host == "environment.example"
    assert settings.relay.read_password() == "from the credential"
    assert settings.relay.port == 587


@pytest.mark.parametrize(
    "value", ["a.example,b.example", "a.example b.example", '["a.example", "b.example"]']
)
def test_lists_in_variables(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_OWN_DOMAINS", value)
    assert load().own_domains == ("a.example", "b.example")


def test_tables_in_variables_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_LOGGING", '[{"address": "in@logs.example", "flow": "Onboarding"}]')
    monkeypatch.setenv("GATEWAY_TRUST", '{"*": "failed"}')
    site = load().site()
    assert [(entry.address, entry.flow) for entry in site.logging] == [("in@logs.example", "Onboarding")]
    assert site.trust == {"*": "failed"}


def test_under_systemd_data_goes_to_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two")
    assert load().database_url == "sqlite:////var/lib/one/gateway.db"
    assert load().blobs_place == "/var/lib/one/blobs"


def test_a_database_url_is_kept_and_its_password_never_shown(file: Write) -> None:
    settings = load(file('[storage]\ndatabase = "postgresql://gateway:hush@db.example/touchpoints"'))
    assert settings.database_url == "postgresql://gateway:hush@db.example/touchpoints"
    assert settings.shown_database == "postgresql://gateway:***@db.example/touchpoints"
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("database", "file_of_it"),
    [
        ("/srv/g.db", "/srv/g.db"),
        ("sqlite:////srv/g.db", "/srv/g.db"),
        ("sqlite:////srv/g.db?timeout=30", "/srv/g.db"),  # what follows is for the driver
        ("postgresql://db.example/touchpoints", None),
    ],
)
def test_everybody_opens_the_same_file(file: Write, database: str, file_of_it: str | None) -> None:
    settings = load(file(f'[storage]\ndatabase = "{database}"'))
    assert settings.database_file == (Path(file_of_it) if file_of_it else None)


def test_idn_domains_become_a_labels(file: Write) -> None:
    settings = load(file('own_domains = ["Bäckerei.example"]\n[[logging]]\naddress = "Log@Lümen.example"'))
    assert settings.own_domains == ("xn--bckerei-5wa.example",)
    assert settings.logging[0].address == "log@xn--lmen-0ra.example"


def test_settings_survive_the_way_to_another_process(file: Write) -> None:
    settings = load(file((Path(__file__).parents[2] / "config.example.toml").read_text()))
    assert Settings.model_validate(settings.model_dump(mode="json")) == settings


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().smtp.recipients_limit = 5  # type: ignore[misc]


def test_limits_reach_the_listener(file: Write) -> None:
    text = '[smtp]\nsize_limit = "1MiB"\nrecipients_limit = 7\n[smtp.limits]\nconnections_per_address = 3'
    bounds = load(file(text)).smtp.bounds()
    assert (bounds.message_bytes, bounds.recipients, bounds.connections_per_address) == (1048576, 7, 3)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        load(tmp_path / "nowhere.toml")


def test_a_syntax_error_has_its_line(file: Write) -> None:
    with pytest.raises(ConfigError, match=r"is not TOML: .*line 2"):
        load(file('hostname = "a.example"\nown_domains = = 5'))


def test_a_file_in_another_encoding_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes('hostname = "a.example"\n# Grüße'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(at line 2\)"):
        load(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_text('hostname = "a.example"', encoding="utf-8-sig")
    assert load(path).hostname == "a.example"
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("cores", "workers", "processes"), [(1, 0, 1), (2, 0, 1), (4, 0, 3), (64, 0, 8), (64, 12, 12), (1, 2, 2)]
)
def test_workers_are_as_many_as_the_machine_has_use_for_unless_told(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, processes: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: set(range(cores)))
    assert Settings.model_validate({"filing": {"workers": workers}}).filing.processes == processes
