"""Configuration: one TOML file, environment variables over it, secrets from files.

`load` gives a frozen `Settings` or raises `ConfigError` with every mistake in it.
"""

from gateway.config.load import load, search
from gateway.config.problems import ConfigError, ConfigProblem
from gateway.config.settings import Settings

__all__ = ["ConfigError", "ConfigProblem", "Settings", "load", "search"]
