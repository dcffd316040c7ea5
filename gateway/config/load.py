"""From the places a configuration may stand in to one `Settings`, or every mistake at once."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from gateway.config.checks import cross_checks
from gateway.config.problems import ConfigError, ConfigProblem
from gateway.config.settings import Settings

FILES = (Path("config.toml"), Path("/etc/touchpoint-gateway/config.toml"))
"""Where a configuration is looked for when none is named, in this order."""

FILE_VARIABLE = "GATEWAY_CONFIG"
PREFIX = "GATEWAY_"
NESTING = "__"

_NOT_OURS = re.compile(r"_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT(?:_\d+_(?:TCP|UDP)|$)")
"""Kubernetes and Docker links set such variables for any service that is named "gateway"."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")

Loc = tuple[str | int, ...]

_KINDS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "path_type": "a path",
    "byte_size": "a size",
    "byte_size_unit": "a size",
    "tuple_type": "a list",
    "model_type": "a table of its own",
    "dict_type": "a table of its own",
}


class _Sources(Settings, BaseSettings):
    """The settings as pydantic-settings looks for them in variables and files. Never made itself."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=NESTING, enable_decoding=False, secrets_dir_missing="ok"
    )


def search(path: Path | None = None) -> Path | None:
    """The file that counts: `path`, else the one $GATEWAY_CONFIG names, else the first of FILES there is."""
    if path is not None:
        return path
    if named := os.environ.get(FILE_VARIABLE):
        return Path(named)
    return next((file for file in FILES if file.is_file()), None)


def load(path: Path | None = None) -> Settings:
    """The settings: environment variables over systemd credentials over the file over the defaults.

    Raises ConfigError with every mistake. A file that cannot be read, or is no TOML, is told alone.
    """
    file = search(path)
    values: dict[str, Any] = _read_file(file) if file else {}
    sources: dict[Loc, str] = {}
    for name, found in _overrides():
        _merge(values, found, sources, name, ())
    problems = list(_unknown_variables())
    settings, mistakes = _validate(values, sources)
    problems += mistakes
    wrong = [problem.key for problem in mistakes]
    for keys, problem in cross_checks(settings):
        if not any(_touches(key, bad) for key in keys for bad in wrong):
            problems.append(problem)
    if problems:
        raise ConfigError(problems)
    return settings


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise ConfigError([ConfigProblem(str(file), problem, "gateway --config FILE …")]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([ConfigProblem(str(file), f"is not UTF-8 text (at line {line})")]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([ConfigProblem(str(file), f"is not TOML: {error}", 'key = "value"')]) from error


def _overrides() -> Iterator[tuple[str, dict[str, Any]]]:
    """Credentials first, then the environment, which wins. Names are those of the place, for the reader."""
    if folder := os.environ.get("CREDENTIALS_DIRECTORY"):
        try:
            yield "credential", NestedSecretsSettingsSource(SecretsSettingsSource(_Sources, folder))()
        except (OSError, UnicodeDecodeError, SettingsError) as error:
            problem = f"cannot be read: {error}"
            raise ConfigError([ConfigProblem("$CREDENTIALS_DIRECTORY", problem)]) from error
    yield "environment variable", EnvSettingsSource(_Sources)()


def _merge(
    into: dict[str, Any], found: Mapping[str, Any], sources: dict[Loc, str], name: str, at: Loc
) -> None:
    for key, value in found.items():
        here = (*at, key)
        old = into.get(key)
        if isinstance(value, dict) and (old is None or isinstance(old, dict)):
            _merge(into.setdefault(key, {}), value, sources, name, here)
            continue
        variable = PREFIX + NESTING.join(str(part) for part in here)
        into[key] = value
        sources[here] = f"{name} {variable.upper() if name != 'credential' else variable.lower()}"


def _unknown_variables() -> Iterator[ConfigProblem]:
    """Variables of our prefix that name no key: pydantic-settings passes over those without nesting."""
    known = {name.upper() for name in Settings.model_fields}
    for variable in sorted(os.environ):
        if not variable.upper().startswith(PREFIX) or variable == FILE_VARIABLE:
            continue
        section = variable.upper().removeprefix(PREFIX).partition(NESTING)[0]
        if section not in known and not _NOT_OURS.search(variable):
            nearest = difflib.get_close_matches(section, known, 1)
            example = f"{PREFIX}{nearest[0]}" if nearest else f"{PREFIX}LOG{NESTING}LEVEL=debug"
            yield ConfigProblem(variable, "is an environment variable that names no key", example)


def _validate(values: dict[str, Any], sources: Mapping[Loc, str]) -> tuple[Settings, list[ConfigProblem]]:
    """The settings without the values that are mistakes, and those mistakes.

    The rest is validated again with each wrong value left out, so that the cross-checks can be made too.
    """
    try:
        return Settings(**values), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems = [_problem(detail, sources) for detail in details if not _follows(detail, details)]
    for detail in sorted(
        details, key=lambda detail: [str(part).zfill(9) for part in detail["loc"]], reverse=True
    ):
        _prune(values, detail["loc"])
    try:
        return Settings(**values), problems
    except ValidationError:  # what is left is not whole, such as a table without a required key
        return Settings(), problems


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list is called too short only because its entries are wrong, which is told already."""
    loc = detail["loc"]
    return detail["type"] == "too_short" and any(
        other["loc"][: len(loc)] == loc for other in details if len(other["loc"]) > len(loc)
    )


def _prune(values: dict[str, Any], loc: Loc) -> None:
    """Take a wrong value out. An entry of a list goes whole, and so does a list that is left empty."""
    holder: Any = values
    for depth, part in enumerate(loc):
        value = holder.get(part) if isinstance(holder, dict) else None
        if isinstance(value, dict) and depth < len(loc) - 1:
            holder = value
            continue
        if isinstance(holder, dict):
            holder.pop(part, None)
        return


def _problem(detail: ErrorDetails, sources: Mapping[Loc, str]) -> ConfigProblem:
    loc = _real_loc(detail["loc"])
    field, siblings = _field(loc)
    secret = field is not None and not field.repr
    value = detail["input"]
    shown = "" if secret or isinstance(value, (dict, list, tuple)) else f", not {_shown(value)}"
    source = next((sources[loc[:end]] for end in range(len(loc), 0, -1) if loc[:end] in sources), "")
    examples = (field.examples if field else None) or []
    example = _toml(examples[0]) if examples else ""
    match detail["type"]:
        case "extra_forbidden":
            nearest = difflib.get_close_matches(str(loc[-1]), siblings, 1)
            problem = "is no key the gateway knows"
            example = f"{nearest[0]} = …" if nearest else f"the keys here are {', '.join(siblings)}"
        case "missing":
            problem = "is missing"
        case "value_error":
            problem = str(detail.get("ctx", {}).get("error", detail["msg"]))
        case "string_pattern_mismatch":
            problem = f"should match {detail.get('ctx', {}).get('pattern')}{shown}"
        case "string_too_short":
            problem = "should not be empty"
        case "too_short":
            problem = "should have at least one entry"
        case kind if kind in _KINDS:
            problem = f"should be {_KINDS[kind]}{shown}"
        case _:
            problem = detail["msg"].replace("Input should", "should") + shown
    return ConfigProblem(_key(loc), problem, example, source)


def _real_loc(loc: Loc) -> Loc:
    """Where a value stands in the file: pydantic adds a "[key]" of its own when a key is what is wrong."""
    return tuple(part for part in loc if part != "[key]")


def _field(loc: Loc) -> tuple[FieldInfo | None, list[str]]:
    """The field a place belongs to, and the names of the keys that may stand beside it."""
    model: type[BaseModel] | None = Settings
    field: FieldInfo | None = None
    names: list[str] = []
    for part in loc:
        if isinstance(part, int):
            continue
        names = list(model.model_fields) if model else []
        found = model.model_fields.get(part) if model else None
        if found is None:
            return (None if model else field), names
        field, model = found, _model_in(found.annotation)
    return field, names


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType):
        return next((model for each in get_args(annotation) if (model := _model_in(each))), None)
    return None


def _key(loc: Loc) -> str:
    key = ""
    for part in loc:
        word = part if isinstance(part, int) or _BARE_KEY.match(part) else f'"{part}"'
        key += f"[{part}]" if isinstance(part, int) else f".{word}" if key else str(word)
    return key


def _touches(key: str, bad: str) -> bool:
    """Whether two keys are the same, or one holds the other."""
    return any(one == two or one.startswith((f"{two}.", f"{two}[")) for one, two in ((key, bad), (bad, key)))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _toml(value: object) -> str:
    """An example as it is written in the file; texts that start with a bracket are TOML already."""
    match value:
        case bool():
            return str(value).lower()
        case str() if value.startswith(("[", "{", "(")):
            return value
        case str():
            return f'"{value}"'
        case list():
            return f"[{', '.join(_toml(each) for each in value)}]"
    return str(value)
