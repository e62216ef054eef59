"""The published profile keeps the rules of the xAPI Profile specification 1.0."""

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft7Validator

from flows.xapi import vocabulary

Json = dict[str, Any]
#: Type → properties that it needs, and that it may have.
PROPERTIES: dict[str, tuple[set[str], set[str]]] = {
    "Profile": (
        {"@context", "id", "type", "conformsTo", "prefLabel", "definition", "versions", "author"},
        {"seeAlso", "concepts", "templates", "patterns"},
    ),
    "Organization": ({"type", "name"}, {"url"}),
    "ContextExtension": (
        {"id", "type", "inScheme", "prefLabel", "definition", "inlineSchema"},
        {"recommendedVerbs"},
    ),
    "StatementTemplate": (
        {"id", "type", "inScheme", "prefLabel", "definition", "verb", "rules"},
        set(),
    ),
    "Pattern": (
        {"id", "type", "inScheme"},
        {"primary", "prefLabel", "definition", "alternates", "oneOrMore"},
    ),
}
PROPERTIES["ResultExtension"] = PROPERTIES["ContextExtension"]


def objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from objects(part)


def test_each_part_has_the_properties_of_its_type(profile: Json) -> None:
    """Nothing that is needed lacks, nothing unknown is there, and nothing is empty."""
    typed = [part for part in objects(profile) if "type" in part]
    for part in typed:
        needed, allowed = PROPERTIES[part["type"]]
        assert needed <= set(part) <= needed | allowed, part
    for part in objects(profile):
        assert part
        assert [name for name, value in part.items() if value in (None, "", [], {})] == []
    assert profile["conformsTo"] == "https://w3id.org/xapi/profiles#1.0"
    assert profile["@context"] == "https://w3id.org/xapi/profiles/context"
    ids = [part["id"] for part in objects(profile) if "id" in part]
    assert len(set(ids)) == len(ids)


def test_all_belongs_to_the_version_that_statements_name(profile: Json) -> None:
    """Concepts, templates and patterns are of the newest version, whose id is not the profile's."""
    assert profile["versions"][0]["id"] == vocabulary.PROFILE_VERSION != profile["id"]
    schemes = {part["inScheme"] for part in objects(profile) if "inScheme" in part}
    assert schemes == {vocabulary.PROFILE_VERSION}


def test_patterns_lead_to_every_template(profile: Json) -> None:
    """The one primary pattern is any statement, again and again."""
    primary, any_statement = sorted(profile["patterns"], key=lambda p: "primary" not in p)
    assert primary["oneOrMore"] == any_statement["id"]
    assert any_statement["alternates"] == [template["id"] for template in profile["templates"]]


def test_it_knows_what_statements_use_and_nothing_else(profile: Json) -> None:
    """Each verb has its template, and each extension a schema."""
    verbs = [template["verb"] for template in profile["templates"]]
    assert verbs == list(vocabulary.VERBS.values())
    ours = {
        vocabulary.SESSION,
        vocabulary.STATUS,
        vocabulary.ERROR_NAME,
        vocabulary.EXECUTION_COUNT,
        vocabulary.CODE_LINES,
    }
    assert {concept["id"] for concept in profile["concepts"]} == ours
    for concept in profile["concepts"]:
        Draft7Validator.check_schema(json.loads(concept["inlineSchema"]))
