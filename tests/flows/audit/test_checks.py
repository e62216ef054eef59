"""The checks' files: each says what it finds."""

import re

import pytest

from flows.audit.checks import Check, all_checks


def test_there_are_checks() -> None:
    """The folder of checks is part of the package."""
    assert {"lost", "changed", "sessions"} <= {check.name for check in all_checks()}


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.name)
def test_every_check_has_a_header(check: Check) -> None:
    """Its name is its file's, and it says what it finds and where it looks."""
    assert re.match(rf"-- name: {check.name}\n-- meaning: .+\n", check.sql)
    assert "\n-- source: " in check.sql
