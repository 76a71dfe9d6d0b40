"""docker-compose.yml as a test reads it: interpolated, and the shape that its specification gives it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = REPOSITORY / "docker-compose.yml"
ENV_EXAMPLE = REPOSITORY / ".env.example"
REQUIRED = {
    "RAPPORT_CLICKHOUSE_MIGRATE_PASSWORD_FILE": "clickhouse_migrate_password",
    "RAPPORT_CLICKHOUSE_WRITER_PASSWORD_FILE": "clickhouse_writer_password",
    "RAPPORT_CLICKHOUSE_READER_PASSWORD_FILE": "clickhouse_reader_password",
    "RAPPORT_GRAFANA_ADMIN_PASSWORD_FILE": "grafana_admin_password",
}
"""Variables without which nothing starts, and the secret that each gives."""
OPTIONAL = {
    "RAPPORT_ALERTS_TO_FILE": "grafana_alerts_to",
    "RAPPORT_ERASURE_SECRET_FILE": "erasure_secret",
    "RAPPORT_SMTP_PASSWORD_FILE": "grafana_smtp_password",
}
"""Variables without which a secret is an empty file, and the secret that each gives."""

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Z0-9_]+)(?P<mark>:[-?+])?(?P<word>[^}]*)\}")


class Missing(Exception):
    """A required variable is not set; the message is what the user reads."""


def variables() -> set[str]:
    """Return the names of all variables in docker-compose.yml."""
    return {found["name"] for found in _VARIABLE.finditer(COMPOSE.read_text()) if found["name"]}


def compose(**env: str) -> Any:
    """Return docker-compose.yml with the required variables set, and these. Raises Missing."""
    return compose_with(dict.fromkeys(REQUIRED, "./secret") | env)


def compose_with(env: Mapping[str, str]) -> Any:
    """Return docker-compose.yml under these variables alone. Raises Missing."""
    return _interpolated(YAML(typ="safe", pure=True).load(COMPOSE), env)


def _interpolated(value: Any, env: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _interpolated(each, env) for key, each in value.items()}
    if isinstance(value, list):
        return [_interpolated(each, env) for each in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found, env), value)
    return value


def _value(found: re.Match[str], env: Mapping[str, str]) -> str:
    if found[0] == "$$":
        return "$"
    given = env.get(found["name"], "")
    match found["mark"]:
        case ":-":
            return given or found["word"]
        case ":+":
            return found["word"] if given else ""
        case ":?" if not given:
            raise Missing(f"{found['name']}: {found['word']}")
        case _:
            return given


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "uniqueItems": True}
_WORDS = {"type": "array", "items": _TEXT, "minItems": 1}
_DURATION = {"type": "string", "pattern": r"^[0-9]+[smh]$"}
_SIZE = {"type": "string", "pattern": r"^[0-9]+[mg]$"}
_NUMBER = {"type": "number", "exclusiveMinimum": 0}
_BUILD = _object({"context": _TEXT, "dockerfile": _TEXT, "target": _TEXT}, "context", "dockerfile", "target")
_CONDITION = {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}
_LOGGING = _object({"driver": _TEXT, "options": {"type": "object", "additionalProperties": _TEXT}})
_HEALTHCHECK = _object(
    {
        "test": {"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "items": _TEXT},
        "interval": _DURATION,
        "timeout": _DURATION,
        "retries": {"type": "integer", "minimum": 1},
        "start_period": _DURATION,
    },
    "test",
)
_SERVICE = _object(
    {
        "image": _TEXT,
        "build": _BUILD,
        "user": _TEXT,
        "entrypoint": _WORDS,
        "command": {"oneOf": [_WORDS, _TEXT]},
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "secrets": _TEXTS,
        "volumes": _TEXTS,
        "tmpfs": _TEXTS,
        "ports": _TEXTS,
        "networks": _TEXTS,
        "profiles": _TEXTS,
        "depends_on": {
            "type": "object",
            "additionalProperties": _object({"condition": _CONDITION}, "condition"),
        },
        "healthcheck": _HEALTHCHECK,
        "restart": {"type": "string", "pattern": "^(no|always|unless-stopped|on-failure(:[0-9]+)?)$"},
        "scale": {"type": "string", "pattern": "^[0-9]+$"},
        "stop_grace_period": _DURATION,
        "mem_limit": _SIZE,
        "cpus": _NUMBER,
        "pids_limit": {"type": "integer", "minimum": 1},
        "ulimits": {"type": "object", "additionalProperties": {"type": "integer"}},
        "init": {"type": "boolean"},
        "read_only": {"type": "boolean"},
        "cap_drop": _TEXTS,
        "cap_add": _TEXTS,
        "security_opt": _TEXTS,
        "logging": _LOGGING,
    },
    "image",
)
_NETWORK = _object(
    {"internal": {"type": "boolean"}, "driver_opts": {"type": "object", "additionalProperties": _TEXT}}
)

SHAPE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": _SERVICE},
        "networks": {"type": "object", "additionalProperties": _NETWORK},
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
        "secrets": {"type": "object", "additionalProperties": _object({"file": _TEXT}, "file")},
    },
    "patternProperties": {"^x-": {}},
    "required": ["services"],
    "additionalProperties": False,
}
"""The part of the compose specification that docker-compose.yml uses, as a JSON schema (draft 2020-12)."""
