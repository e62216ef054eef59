"""What the environment tells the hook, and what of it the events carry."""

import uuid
from pathlib import Path

import pytest
from cellpulse_hook.event import complete
from cellpulse_hook.settings import read_settings
from cellpulse_hook.uuid7 import uuid7
from pydantic import ValidationError

from ingest_api.events import ProgressEvent

COMPLETE = {
    "CELLPULSE_URL": "http://ingest.example:8000/",
    "CELLPULSE_TOKEN": "a-token",
    "CELLPULSE_COURSE": "python-1",
    "CELLPULSE_STUDENT": "ada",
}


def test_four_variables_are_enough() -> None:
    """With the four variables the hook can work, and sends neither code nor output."""
    settings = read_settings(COMPLETE)
    assert settings.problems == ()
    assert settings.url == "http://ingest.example:8000"
    assert (settings.send_code, settings.send_output) == (False, False)
    assert settings.spool_limit_bytes == 50_000_000
    assert settings.spool_folder == Path("~/.local/state/cellpulse").expanduser()
    assert "a-token" not in repr(settings)


@pytest.mark.parametrize("missing", COMPLETE)
def test_what_is_missing_is_named(missing: str) -> None:
    """Each of the four variables is needed, and the one that is missing or blank is named."""
    assert read_settings(COMPLETE | {missing: "  "}).problems == (f"{missing} is not set",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CELLPULSE_URL", "ftp://ingest.example"),
        ("CELLPULSE_URL", "http://"),
        ("CELLPULSE_URL", "http://[::1"),
        ("CELLPULSE_URL", "http://ingest.example:eight"),
        ("CELLPULSE_TOKEN", "two\nlines"),
        ("CELLPULSE_TOKEN", "größe"),
        ("CELLPULSE_STUDENT", "\udcff"),
        ("CELLPULSE_STUDENT", "SCHOOL\\ada"),
        ("CELLPULSE_STUDENT", "a" * 201),
        ("CELLPULSE_COURSE", "python\x851"),
        ("CELLPULSE_COURSE", "python\u20281"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    """A value that can't work turns the hook off and is named."""
    (problem,) = read_settings(COMPLETE | {name: value}).problems
    assert problem.startswith(f"{name} must ")


def test_the_student_goes_before_the_hub_user() -> None:
    """CELLPULSE_STUDENT counts where it is set, else JUPYTERHUB_USER."""
    hub = COMPLETE | {"JUPYTERHUB_USER": "grace"}
    assert read_settings(hub).student_id == "ada"
    assert read_settings(hub | {"CELLPULSE_STUDENT": ""}).student_id == "grace"


def test_the_spool_can_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The spool's folder follows XDG_STATE_HOME and its own variable, and is always absolute."""
    xdg = COMPLETE | {"XDG_STATE_HOME": "/state"}
    assert read_settings(xdg).spool_folder == Path("/state/cellpulse")
    monkeypatch.chdir(tmp_path)
    assert read_settings(xdg | {"CELLPULSE_SPOOL_DIR": "s"}).spool_folder == tmp_path / "s"


@pytest.mark.parametrize("text", ["many", "0", "-1", "nan", "inf"])
def test_a_bad_limit_is_replaced(text: str) -> None:
    """A limit that is no number above 0 is replaced by 50 MB, with a warning."""
    settings = read_settings(COMPLETE | {"CELLPULSE_SPOOL_LIMIT_MB": text})
    assert settings.problems == ()
    assert settings.spool_limit_bytes == 50_000_000
    assert "CELLPULSE_SPOOL_LIMIT_MB" in settings.warnings[0]
    good = read_settings(COMPLETE | {"CELLPULSE_SPOOL_LIMIT_MB": "0.5"})
    assert (good.spool_limit_bytes, good.warnings) == (500_000, ())


def test_texts_fit_the_contract() -> None:
    """Texts are cut to their caps and named, half surrogates replaced, empty fields left out."""
    event = complete({"notebook": "n" * 451, "exercise": "a\ud800b", "cell_id": None, "seq": 0})
    assert event == {
        "notebook": "n" * 450,
        "exercise": "a?b",
        "seq": 0,
        "truncated": ["notebook"],
    }


def test_what_is_no_text_is_left_to_the_server() -> None:
    """A text field that holds something else, from another version, is sent as it is."""
    assert complete({"error_name": 5, "code": ["x"]}) == {"error_name": 5, "code": ["x"]}


def test_a_record_always_gives_the_same_event() -> None:
    """A record that is sent again, by whatever kernel, keeps its identifier and its time."""
    seen = {"session_id": "s", "seq": 3, "unix_ns": 1_800_000_000_123_456_789, "file": "/home/n"}
    event = complete(seen)
    assert event == complete(seen)
    assert event["occurred_at"] == "2027-01-15T08:00:00.123456Z"
    assert uuid.UUID(event["event_id"]).int >> 80 == 1_800_000_000_123
    assert uuid.UUID(event["event_id"]).version == 7
    assert "file" not in event
    assert event["event_id"] != complete({**seen, "seq": 4})["event_id"]


@pytest.mark.parametrize("unix_ns", [-1, 7_258_118_400 * 10**9, 2**80])
def test_an_impossible_time_is_left_to_the_server(unix_ns: int) -> None:
    """An event of a clock that is out of its mind has no time of its own: the server gives one."""
    event = complete({"session_id": "s", "seq": 3, "unix_ns": unix_ns})
    assert "occurred_at" not in event
    assert uuid.UUID(event["event_id"]).version == 7


def test_an_identifier_is_what_the_ingest_takes() -> None:
    """The hook and the ingest agree on which identifiers are possible."""
    for code in [*range(0x100), 0x2028, 0x2029, 0x202E, 0x1F600]:
        student = f"a{chr(code)}b"
        possible = read_settings(COMPLETE | {"CELLPULSE_STUDENT": student}).problems == ()
        event = {"course_id": "c", "student_id": student, "status": "ok"}
        try:
            taken = bool(ProgressEvent.model_validate(event))
        except ValidationError:
            taken = False
        assert possible == taken, hex(code)


def test_identifiers_sort_by_time() -> None:
    """A UUIDv7 has its version and variant, is unique, and sorts by the millisecond."""
    made = [uuid7() for _ in range(1_000)]
    assert {(value.version, value.variant) for value in made} == {(7, "specified in RFC 4122")}
    assert len(set(made)) == 1_000
    milliseconds = [value.int >> 80 for value in made]
    assert milliseconds == sorted(milliseconds)
