"""What can only be told of several values together."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address

from gateway.config.problems import ConfigProblem
from gateway.config.settings import Settings

SCHEMES = ("sqlite", "postgresql")


def cross_checks(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    """Each mistake, after the keys it was read from: when one of those is wrong itself, it says nothing."""
    yield from _logging(settings)
    yield from _never_log(settings)
    yield from _smtp(settings)
    yield from _filing(settings)
    yield from _storage(settings)
    yield from _relay(settings)
    yield from _prefixes(settings)
    yield from _touchpoints(settings)


def _logging(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(settings.logging):
        key = f"logging[{index}].address"
        local, _, domain = entry.address.partition("@")
        if entry.address in seen:
            problem = f"is {entry.address}, which is logging[{seen[entry.address]}].address already"
            yield (key,), ConfigProblem(key, problem, f'"onboarding@{domain}"')
        seen.setdefault(entry.address, index)
        if local.startswith(settings.user_prefix):
            problem = (
                f"starts with user_prefix ({settings.user_prefix!r}), as the addresses of single users do"
            )
            yield (key, "user_prefix"), ConfigProblem(key, problem, f'"log@{domain}"')


def _never_log(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    ours = [(f"logging[{index}].address", entry.address) for index, entry in enumerate(settings.logging)]
    ours += [(f"own_domains[{index}]", domain) for index, domain in enumerate(settings.own_domains)]
    for index, entry in enumerate(settings.never_log):
        key = f"never_log[{index}]"
        for ours_key, value in ours:
            if _covers(entry, value):
                problem = f"is {entry}, which keeps out {value} ({ours_key}): nothing could be logged"
                yield (key, ours_key), ConfigProblem(key, problem, '"lawyers.example"')


def _covers(entry: str, value: str) -> bool:
    if "@" in entry:
        return entry == value
    return f".{value.rpartition('@')[2]}".endswith(f".{entry}")


def _smtp(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    smtp = settings.smtp
    both = ("smtp.tls_certificate", "smtp.tls_key")
    if smtp.require_starttls and not smtp.tls_certificate:
        key = "smtp.require_starttls"
        yield (key, both[0]), ConfigProblem(key, "is on, but there is no tls_certificate to offer", "false")
    if smtp.tls_certificate and not smtp.tls_key:
        yield (
            both,
            ConfigProblem("smtp.tls_key", "is missing beside smtp.tls_certificate", '"/etc/…/privkey.pem"'),
        )
    if smtp.tls_key and not smtp.tls_certificate:
        problem = "is missing beside smtp.tls_key"
        yield both, ConfigProblem("smtp.tls_certificate", problem, '"/etc/…/fullchain.pem"')
    for index, listen in enumerate(smtp.listen):
        if listen.for_people and not (smtp.tls_certificate and smtp.tls_key):
            key = f"smtp.listen[{index}]"
            problem = f"is {listen}, where people log in, and no tls_certificate keeps their passwords secret"
            yield (key, *both), ConfigProblem(key, problem, "smtp.tls_certificate and smtp.tls_key")
    places = [str(replace(listen, kind="smtp")) for listen in smtp.listen]
    for index, (listen, place) in enumerate(zip(smtp.listen, places, strict=True)):
        if place in places[:index] and (listen.path or listen.port):
            key = f"smtp.listen[{index}]"
            yield (
                (key,),
                ConfigProblem(key, f"is {listen}, but {place} is taken by an entry before", '"[::1]:8025"'),
            )
    limits = smtp.limits
    if limits.connections_per_address > limits.connections:
        key, whole = "smtp.limits.connections_per_address", "smtp.limits.connections"
        problem = f"is {limits.connections_per_address}, more than {whole} ({limits.connections})"
        yield (key, whole), ConfigProblem(key, problem, "20")
    if limits.total_message_bytes < smtp.size_limit:
        key, one = "smtp.limits.total_message_bytes", "smtp.size_limit"
        problem = (
            f"is {limits.total_message_bytes}, less than {one} ({smtp.size_limit}): no mail of that size fits"
        )
        yield (key, one), ConfigProblem(key, problem, '"256MiB"')


def _filing(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    filing = settings.filing
    if filing.lease_seconds <= filing.deadline_seconds:
        key, other = "filing.lease_seconds", "filing.deadline_seconds"
        problem = (
            f"is {filing.lease_seconds:g}, not more than {other} ({filing.deadline_seconds:g}): "
            "a mail would be given to a second worker while the first still reads it"
        )
        yield (key, other), ConfigProblem(key, problem, f"{filing.deadline_seconds * 4:g}")
    asking = settings.sender_check.timeout_seconds
    if settings.sender_check.dns and asking >= filing.deadline_seconds:
        key, other = "sender_check.timeout_seconds", "filing.deadline_seconds"
        problem = (
            f"is {asking:g}, not less than {other} ({filing.deadline_seconds:g}): "
            "a worker that waits for DNS would be killed for it, and the mail fail"
        )
        yield (key, other), ConfigProblem(key, problem, f"{filing.deadline_seconds / 3:g}")


def _storage(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    place = settings.storage.database
    scheme = place.partition("://")[0].partition("+")[0]
    if "://" in place and scheme not in SCHEMES:
        problem = f"is a URL of {scheme!r}; the gateway knows {' and '.join(SCHEMES)}"
        example = '"/var/lib/touchpoint-gateway/gateway.db"'
        yield ("storage.database",), ConfigProblem("storage.database", problem, example)


def _relay(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    relay = settings.relay
    keys: tuple[str, ...]
    if relay.password_file and relay.password.get_secret_value():
        problem = "is set, and relay.password too: which one holds?"
        keys = ("relay.password_file", "relay.password")
        yield keys, ConfigProblem("relay.password_file", problem, "leave relay.password out")
    has_password = bool(relay.password_file or relay.password.get_secret_value())
    if relay.username and not has_password:
        keys = ("relay.username", "relay.password", "relay.password_file")
        problem = "is missing beside relay.username"
        yield keys, ConfigProblem("relay.password_file", problem, '"/etc/touchpoint-gateway/relay-password"')
    if has_password and relay.tls == "none" and relay.host and not _is_loopback(relay.host):
        keys = ("relay.tls", "relay.host", "relay.password", "relay.password_file")
        problem = f'is "none": the password would travel to {relay.host} in the clear'
        yield keys, ConfigProblem("relay.tls", problem, '"starttls"')


def _prefixes(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    """No signed address may pass for one of another kind."""
    keys = ("threads.prefix", "threads.return_prefix", "threads.question_prefix", "user_prefix")
    threads = settings.threads
    values = (threads.prefix, threads.return_prefix, threads.question_prefix, settings.user_prefix)
    for index, (key, value) in enumerate(zip(keys[:3], values[:3], strict=True)):
        for other, theirs in zip(keys[index + 1 :], values[index + 1 :], strict=True):
            if value.startswith(theirs) or theirs.startswith(value):
                problem = f"is {value!r}, and {other} is {theirs!r}: one must not begin with the other"
                yield (key, other), ConfigProblem(key, problem, '"reply-"')
        for number, entry in enumerate(settings.logging):
            if entry.address.startswith(value):
                place = f"logging[{number}].address"
                problem = f"is {value!r}, which {place} begins with"
                yield (key, place), ConfigProblem(key, problem, '"reply-"')


def _touchpoints(settings: Settings) -> Iterator[tuple[tuple[str, ...], ConfigProblem]]:
    chosen, catalogue = settings.touchpoints, settings.catalogue()
    key = "touchpoints.types"
    if "email" not in chosen.types:
        yield (
            (key,),
            ConfigProblem(key, 'lacks "email", the type that mail is filed as', '["email", "internal note"]'),
        )
    for index, note in enumerate(chosen.internal_notes):
        if note not in chosen.types:
            place = f"touchpoints.internal_notes[{index}]"
            yield (
                (place, key),
                ConfigProblem(place, f"is {note!r}, which is none of the types", '"internal note"'),
            )
    for index, template in enumerate(chosen.templates):
        for name, value, offered in (
            ("type", template.type, chosen.types),
            ("flow", template.flow, catalogue.flows),
        ):
            if value and value not in offered:
                place = f"touchpoints.templates[{index}].{name}"
                yield (
                    (place, key),
                    ConfigProblem(place, f"is {value!r}, which is no {name} here", f'"{offered[0]}"'),
                )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def advice(settings: Settings) -> Iterator[ConfigProblem]:
    """What works but is seldom meant."""
    public = [listen for listen in settings.smtp.listen if not listen.path and not _is_loopback(listen.host)]
    for index, entry in enumerate(settings.logging):
        if public and entry.address.endswith(".example"):
            problem = f"is {entry.address}, an address of the sample; no mail from outside can reach it"
            yield ConfigProblem(f"logging[{index}].address", problem, '"log@touchpoints.yourcompany.com"')
    if public and "." not in settings.hostname:
        problem = f"is {settings.hostname}, which no sender can look up"
        yield ConfigProblem("hostname", problem, '"touchpoints.yourcompany.com"')
    if public and not settings.smtp.tls_certificate:
        problem = f"is not set: mail to {public[0]} comes in unencrypted"
        yield ConfigProblem("smtp.tls_certificate", problem, "a certificate and key, in PEM")
    http = settings.http.listen
    if http is not None and not http.path and not _is_loopback(http.host):
        problem = f"is {http}: API tokens would travel over the network in the clear"
        yield ConfigProblem("http.listen", problem, '"127.0.0.1:8026" behind a proxy with TLS')
    if settings.sending.scope in ("contacts", "partners") and not settings.sending.authenticated_domains:
        problem = f"is empty, so nothing is e-mailed outside, whatever sending.scope ({settings.sending.scope}) says"
        yield ConfigProblem("sending.authenticated_domains", problem, '["yourcompany.com"]')
    if not settings.administrator:
        problem = "is not set: mail to postmaster and abuse is kept, and nobody reads it"
        yield ConfigProblem("administrator", problem, '"postmaster@yourcompany.com"')
    elif not settings.relay.host:
        problem = f"is not set: mail for {settings.administrator} waits"
        yield ConfigProblem("relay.host", problem, '"127.0.0.1"')
