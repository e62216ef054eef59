"""The published profile as a judge of statements."""

import json
import re
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft7Validator

Json = dict[str, Any]
#: A step of a JSONPath: a name, a name in brackets, or every member of an array.
STEP = re.compile(r"\.(\w+)|\['([^']+)'\]|\[(\*)\]")


@pytest.fixture(scope="session")
def profile() -> Json:
    """Return the published profile."""
    text = resources.files("flows.xapi").joinpath("profile.jsonld").read_text(encoding="utf-8")
    return dict(json.loads(text))


def found_at(statement: Json, location: str) -> list[Any]:
    """Return what is in a statement at a JSONPath."""
    values: list[Any] = [statement]
    assert re.fullmatch(rf"\$(?:{STEP.pattern})+", location), location
    for name, quoted, _ in STEP.findall(location):
        if name or quoted:
            values = [
                v[name or quoted] for v in values if isinstance(v, dict) and (name or quoted) in v
            ]
        else:
            values = [member for value in values for member in value]
    return values


def broken(rule: Json, statement: Json) -> bool:
    """Tell whether a statement breaks a rule, as the specification defines it."""
    values = found_at(statement, rule["location"])
    presence = rule.get("presence")
    if presence == "included" and not values:
        return True
    if presence == "excluded":
        return bool(values)
    if presence == "recommended" and not values:
        return False
    return any(value not in rule.get("all", values) for value in values)


@pytest.fixture(scope="session")
def profile_faults(profile: Json) -> Callable[[Json], list[str]]:
    """Return a function that says what a statement has against the profile's rules."""
    templates = {template["verb"]: template for template in profile["templates"]}
    schemas = {
        concept["id"]: (concept["type"], Draft7Validator(json.loads(concept["inlineSchema"])))
        for concept in profile["concepts"]
    }

    def faults_of(statement: Json) -> list[str]:
        rules = templates[statement["verb"]["id"]]["rules"]
        faults = [rule["location"] for rule in rules if broken(rule, statement)]
        for part, kind in (("result", "ResultExtension"), ("context", "ContextExtension")):
            for name, value in statement.get(part, {}).get("extensions", {}).items():
                allowed, schema = schemas[name]
                if allowed != kind or not schema.is_valid(value):
                    faults.append(f"{part}: {name}")
        return faults

    return faults_of
