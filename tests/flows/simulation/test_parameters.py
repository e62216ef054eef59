"""The parameters of the simulation and a researcher's copy of them."""

import tomllib
from pathlib import Path

import pytest

from flows.simulation.parameters import DEFAULTS, BadParametersError, read_parameters


def test_every_parameter_is_documented() -> None:
    """Each parameter has a value, a unit, a meaning and a source."""
    entries = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
    assert entries.keys() == read_parameters().model_dump().keys()
    for entry in entries.values():
        assert entry.keys() == {"value", "unit", "meaning", "source"}
        assert all(str(text).strip() for text in entry.values())


def test_own_file_changes_what_it_names(tmp_path: Path) -> None:
    """A file with one parameter changes that one; the others stay."""
    file = tmp_path / "mine.toml"
    file.write_text("[break_chance]\nvalue = 1\n[persistence]\nvalue = [2, 3]\n")
    expected = read_parameters().model_copy(update={"break_chance": 1.0, "persistence": (2, 3)})
    assert read_parameters(file) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[brake_chance]\nvalue = 1", "brake_chance: no such parameter"),
        ("[break_chance]\nvalue = 2", r"break_chance.*less than or equal to 1.*not 2"),
        ("[break_chance]\nvalue = nan", r"break_chance"),
        ('[break_chance]\nvalue = "often"', r"break_chance.*'often'"),
        ("[reading_seconds]\nvalue = 0", r"reading_seconds"),
        ("[pace_spread]\nvalue = 1000", r"pace_spread"),
        ("[persistence]\nvalue = [5, 2]", r"persistence.*the lower end must come first"),
        ("[persistence]\nvalue = [5]", r"persistence"),
        ("break_chance = 0.5", r"break_chance: needs a table"),
        ("[break_chance]\nunit = 1", r"break_chance: needs a table"),
        ("[break_chance\n", r"not TOML.*line 1"),
    ],
)
def test_bad_file_is_one_line_that_names_the_place(tmp_path: Path, text: str, message: str) -> None:
    """What cannot be used is told in one line, with the file and the parameter or the line."""
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(BadParametersError, match=f"mine.toml: .*{message}") as error:
        read_parameters(file)
    assert len(str(error.value).splitlines()) == 1


def test_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text are told by the file's name."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    for file in (tmp_path / "none.toml", tmp_path, binary):
        with pytest.raises(BadParametersError, match=file.name):
            read_parameters(file)
