"""What a course tells its students: from the command to the notebook, and who has seen it back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.notices import DEFAULT_ENGLISH, DEFAULT_JAPANESE


def test_a_notice_is_told_until_it_was_seen_and_that_is_recorded(
    shared_pipeline: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """Only a token of one's own is told; what is seen is recorded; a new text is told too."""
    here, course = shared_pipeline, shared_pipeline.course
    run = {"course_id": course, "student_id": "ada", "status": "ok"}
    here.post(run)

    def notice_of(**token: str) -> Any:
        answer = httpx.post(
            f"{here.ingest}/student-progress", json=run, headers=here.bearer(**token)
        )
        assert answer.status_code == 202
        return answer.json().get("notice")

    def see(version: str, **token: str) -> httpx.Response:
        seen = {"course_id": course, "student_id": "ada", "version": version}
        headers = here.bearer(**token)
        return httpx.post(f"{here.ingest}/student-notice", json=seen, headers=headers)

    wait_until(lambda: f"{course}: no notice" in here.cellpulse("notice").stdout, "the course")
    assert notice_of(student="ada") is None
    set_now = here.cellpulse("notice", "--course", course, "--default")
    assert "seen by 0 of 1 students" in set_now.stdout
    wait_until(lambda: notice_of(student="ada") is not None, "the notice")
    told = notice_of(student="ada")
    assert (told["english"], told["japanese"]) == (DEFAULT_ENGLISH, DEFAULT_JAPANESE)
    assert told["version"] in set_now.stdout
    assert notice_of() is None
    assert see(told["version"]).status_code == 403
    assert see(told["version"], student="bob").status_code == 403
    assert see("", student="ada").status_code == 422
    assert see(told["version"], student="ada").status_code == 200
    assert notice_of(student="ada") is None
    wait_until(
        lambda: "seen by 1 of 1" in here.cellpulse("notice", "--course", course).stdout,
        "the record",
    )
    copy = tmp_path / "copy.zip"
    done = here.cellpulse("disclose", "--student", "ada", "--course", course, "--out", str(copy))
    assert (done.returncode, done.stderr) == (0, "")
    done = here.cellpulse("disclose", "--student", "adda", "--course", course, "--out", str(copy))
    assert (done.returncode, done.stdout, copy.exists()) == (1, "", False)
    assert "nothing is stored about 'adda'" in done.stderr
    assert "did you mean 'ada'?" in done.stderr

    english, japanese = tmp_path / "en.txt", tmp_path / "ja.txt"
    english.write_text("Another")
    japanese.write_text("別の", "utf-8")
    changed = ("--english", str(english), "--japanese", str(japanese))
    assert here.cellpulse("notice", "--course", course, *changed).returncode == 0
    wait_until(lambda: (notice_of(student="ada") or {}).get("english") == "Another", "the text")
    assert "no notice" in here.cellpulse("notice", "--course", course, "--off").stdout
    wait_until(lambda: notice_of(student="ada") is None, "its end")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--default",), 2, "say which --course"),
        (("--course", "nowhere", "--default"), 1, "there is no course"),
        (("--course", "nowhere", "--default", "--off"), 2, "say --default, or"),
    ],
)
def test_what_cannot_be_set_is_said_in_a_line(
    shared_pipeline: Any, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Nothing is changed then."""
    done = shared_pipeline.cellpulse("notice", *arguments)
    assert done.returncode == code
    assert said in done.stderr
