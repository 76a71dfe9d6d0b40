"""Who is told of an alert: the files that Grafana reads at its start, held to what it takes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from dashboards.rules import RULES
from tests.infra.compose_file import REPOSITORY

FOLDER = REPOSITORY / "infra" / "grafana" / "notify"
ADDRESS = "$__file{/run/secrets/grafana_alerts_to}"
TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
DURATION = {"type": "string", "pattern": r"^[1-9]\d*[smhdw]$"}
CLOCK = {"type": "string", "pattern": r"^([01]\d|2[0-4]):[0-5]\d$"}
DAY = {"enum": ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]}


def strict(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {
        "type": "object", "properties": properties, "required": required, "additionalProperties": False,
    }  # fmt: skip


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1}


WAITS = {"group_wait": DURATION, "group_interval": DURATION, "repeat_interval": DURATION}
ROUTE = strict(
    {"receiver": TEXT, "object_matchers": listed(TEXTS), "mute_time_intervals": TEXTS, **WAITS},
    "mute_time_intervals",
    *WAITS,
)
RECEIVER = strict(
    {"uid": TEXT, "type": TEXT, "disableResolveMessage": {"type": "boolean"}, "settings": {"type": "object"}}
)
SHAPE = strict(
    {
        "apiVersion": {"const": 1},
        "contactPoints": listed(strict({"orgId": {"const": 1}, "name": TEXT, "receivers": listed(RECEIVER)})),
        "policies": listed(
            strict(
                {"orgId": {"const": 1}, "receiver": TEXT, "group_by": TEXTS, **WAITS, "routes": listed(ROUTE)}
            )
        ),
        "muteTimes": listed(
            strict(
                {
                    "orgId": {"const": 1},
                    "name": TEXT,
                    "time_intervals": listed(
                        strict(
                            {
                                "times": listed(strict({"start_time": CLOCK, "end_time": CLOCK})),
                                "weekdays": listed(DAY),
                                "location": TEXT,
                            },
                            "times",
                            "weekdays",
                        )
                    ),
                }
            )
        ),
    }
)
"""The keys that Grafana 10 to 13 reads; what it does not know it drops without a word."""
WAYS = ("webhook", "slack", "email")


def read(name: str) -> Any:
    return YAML(typ="safe").load((FOLDER / f"{name}.yaml").read_text())


def test_there_is_a_file_for_each_way_and_one_for_nobody() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == {*WAYS, "nobody"}
    assert read("nobody") == {"apiVersion": 1}


@pytest.mark.parametrize("name", WAYS)
def test_a_file_has_the_shape_that_grafana_reads(name: str) -> None:
    Draft202012Validator(SHAPE).validate(read(name))


@pytest.mark.parametrize("name", WAYS)
def test_the_address_comes_from_a_secret_and_nothing_else_is_taken_for_a_variable(name: str) -> None:
    [point] = read(name)["contactPoints"]
    [receiver] = point["receivers"]
    assert receiver["type"] == name
    values = list(receiver["settings"].values())
    assert values.count(ADDRESS) == 1
    assert not any("$" in str(value) for value in values if value != ADDRESS)


@pytest.mark.parametrize("name", WAYS)
def test_what_a_policy_names_is_there_and_its_root_is_never_muted(name: str) -> None:
    tree = read(name)
    [policy] = tree["policies"]
    points = {point["name"] for point in tree["contactPoints"]}
    timings = {timing["name"] for timing in tree["muteTimes"]}
    assert policy["receiver"] in points
    for route in policy["routes"]:
        assert route["receiver"] in points
        assert set(route.get("mute_time_intervals", ())) <= timings


@pytest.mark.parametrize("name", WAYS)
def test_every_severity_that_a_route_matches_is_that_of_a_rule(name: str) -> None:
    [policy] = read(name)["policies"]
    matched = {value for route in policy["routes"] for _, _, value in route["object_matchers"]}
    assert matched == {"critical", "info"}
    assert matched <= {rule.severity for rule in RULES}


def test_all_ways_differ_in_the_receiver_alone() -> None:
    rest = [
        re.sub(r"^.*?\npolicies:", "", (FOLDER / f"{name}.yaml").read_text(), flags=re.S) for name in WAYS
    ]
    assert len(set(rest)) == 1
