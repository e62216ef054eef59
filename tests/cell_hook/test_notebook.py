"""Which notebook and which exercise a cell belongs to."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cellpulse_hook.enrich import Enricher
from cellpulse_hook.error_text import WITHHELD
from cellpulse_hook.notebook_file import NotebookFile
from cellpulse_hook.notebook_path import NotebookPath
from cellpulse_hook.preferences import Preferences
from cellpulse_hook.records import Record, make_record
from cellpulse_hook.settings import read_settings


def _markdown(*lines: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "\n".join(lines)}


def _code(cell_id: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": cell_id, "metadata": {"tags": list(tags)}, "source": ""}


def _exercise(notebook: NotebookFile, file: str, cell_id: str) -> str | None:
    mark = notebook.marked(file, cell_id)
    return mark and mark.exercise


def _check(notebook: NotebookFile, cell_id: str) -> str | None:
    mark = notebook.mark_of(cell_id)
    return mark and mark.check


def _write(path: Path, *cells: dict[str, Any]) -> str:
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    return str(path)


@pytest.mark.parametrize(
    ("lines", "heading"),
    [
        (["# One"], "One"),
        (["# One", "text", "### Two ##"], "Two"),
        (["   ## Lists in C#"], "Lists in C#"),
        (["# One", "```python", "# a comment", "```"], "One"),
        (["# One", "~~~", "```", "# a comment", "~~~", "# Two"], "Two"),
        (["# One", "#", "##  ", "####### seven", "#hashtag", "    # code"], "One"),
        (["## ##"], None),
        (["text"], None),
    ],
)
def test_the_heading_above_names_the_exercise(
    tmp_path: Path, lines: list[str], heading: str | None
) -> None:
    """The nearest Markdown heading above a cell, without its marks, names the exercise."""
    file = _write(tmp_path / "n.ipynb", _markdown(*lines), _markdown("text"), _code("c"))
    assert _exercise(NotebookFile(), file, "c") == heading


def test_headings_count_for_nothing_where_cells_are_tagged(tmp_path: Path) -> None:
    """The tag `exercise:NAME` names its own cell's exercise; the other cells have none."""
    file = _write(
        tmp_path / "n.ipynb",
        _code("above"),
        _markdown("# Heading"),
        _code("tagged", "slow", "exercise: sum of two "),
        _code("empty", "exercise:"),
        _code("below"),
        _code("scratch", "scratch"),
    )
    names = [
        _exercise(NotebookFile(), file, c) for c in ("above", "tagged", "empty", "below", "scratch")
    ]
    assert names == [None, "sum of two", None, None, None]


def test_a_check_is_known_without_reading(tmp_path: Path) -> None:
    """The tag `check:NAME` names the check, as the notebook was when it could last be read."""
    file = _write(tmp_path / "n.ipynb", _code("c", "exercise:1", "check: 1 "), _code("d", "check:"))
    notebook = NotebookFile()
    assert _check(notebook, "c") is None
    assert notebook.read(file)
    assert [_check(notebook, cell_id) for cell_id in ("c", "d", "e")] == ["1", None, None]
    Path(file).unlink()
    assert not notebook.read(file)
    assert _check(notebook, "c") == "1"
    assert _exercise(notebook, file, "c") is None


def test_leftovers_of_another_notebook_change_no_check(tmp_path: Path) -> None:
    """What a dead session left, of whatever notebook, does not touch what this kernel knows."""
    own, other = NotebookFile(), _write(tmp_path / "other.ipynb", _code("c", "exercise:2"))
    own.read(_write(tmp_path / "n.ipynb", _code("c", "check:1")))
    enricher = Enricher("s", NotebookPath({}, ""), own, read_settings({}), Preferences())
    left = {"session_id": "dead", "seq": 1, "cell_id": "c", "file": other}
    assert enricher.event(make_record("{", left))["exercise"] == "2"
    assert _check(own, "c") == "1"


def test_a_scratch_cell_has_no_exercise(tmp_path: Path) -> None:
    """Below a heading, a cell that is tagged `scratch` belongs to nothing; the next one does."""
    file = _write(
        tmp_path / "n.ipynb", _markdown("# Heading"), _code("s", "scratch"), _code("below")
    )
    assert [_exercise(NotebookFile(), file, c) for c in ("s", "below")] == [None, "Heading"]


def _sha256(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _old(*sources: str) -> list[dict[str, Any]]:
    """Return cells without ids, each of the exercise that is named as its code is."""
    return [
        {**_code("", f"exercise:{source}"), "id": "", "source": [source[:2], source[2:]]}
        for source in sources
    ]


def test_a_cell_without_an_id_is_known_by_its_code(tmp_path: Path) -> None:
    """Where the id is not in the notebook, the code is looked for; code that is there twice not."""
    notebook = NotebookFile()
    twice = [{**cell, "metadata": {}} for cell in _old("twice")]
    cells = [*_old("x = 1\n", "y = 2", "twice"), *twice, _code("with-id", "exercise:i")]
    file = _write(tmp_path / "n.ipynb", *cells)

    def exercise(cell_id: str | None, code: str) -> str | None:
        mark = notebook.marked(file, cell_id, _sha256(code))
        assert mark == notebook.mark_of(cell_id, _sha256(code))
        return mark and mark.exercise

    assert exercise("made-up", "x = 1\n") == "x = 1"
    assert exercise(None, "y = 2") == "y = 2"
    assert exercise(None, "x = 1") is None
    assert exercise(None, "twice") is None
    assert exercise(None, "") is None
    assert exercise("with-id", "y = 2") == "i"


def test_an_editors_own_id_is_known_once_its_code_was_saved(tmp_path: Path) -> None:
    """A cell that was run, saved and then edited is still known, in its own notebook only."""
    notebook = NotebookFile()
    file = _write(tmp_path / "n.ipynb", *_old("x = 1"))
    assert notebook.marked(file, "a", _sha256("x = 2")) is None
    _write(tmp_path / "n.ipynb", *[{**cell, "source": "x = 2"} for cell in _old("x = 1")])
    for code in ("x = 3", "x = 4"):
        mark = notebook.marked(file, "a", _sha256(code))
        assert mark is not None
        assert mark.exercise == "x = 1"
        assert notebook.mark_of("a", _sha256(code)) == mark
    assert notebook.marked(file, "b", _sha256("x = 3")) is None
    other = _write(tmp_path / "other.ipynb", *_old("y = 1"))
    assert notebook.marked(other, "a", _sha256("x = 5")) is None


def test_checks_are_known_by_their_names(tmp_path: Path) -> None:
    """A check's name leads to its exercise, unless two exercises have a check of that name."""
    notebook = NotebookFile()
    file = _write(
        tmp_path / "n.ipynb",
        _code("a", "exercise:1", "check:one"),
        _code("b", "exercise:1", "check:both"),
        _code("c", "exercise:2", "check:both"),
    )
    found = [notebook.marked_check(file, name) for name in ("one", "both", "none")]
    assert [mark and mark.exercise for mark in found] == ["1", None, None]
    assert notebook.marked_check(str(tmp_path / "no.ipynb"), "one") is None


def test_a_check_that_a_grader_ran_is_of_its_own_exercise(tmp_path: Path) -> None:
    """With `by_name` the check's name counts before the cell, which counts where it is unknown."""
    file = _write(
        tmp_path / "n.ipynb", _code("a", "exercise:1", "check:one"), _code("b", "exercise:2")
    )
    enricher = Enricher("s", NotebookPath({}, ""), NotebookFile(), read_settings({}), Preferences())

    def sent(**fields: Any) -> dict[str, Any]:
        seen = {"session_id": "s", "seq": 1, "cell_id": "b", "file": file, "check_name": "one"}
        return enricher.event(make_record("{", {**seen, **fields}))

    assert sent(by_name=True)["exercise"] == "1"
    assert sent(by_name=True, check_name="else")["exercise"] == "2"
    assert sent(by_name=False)["exercise"] == "2"
    assert "by_name" not in sent(by_name=True)


def test_a_cell_that_is_not_saved_has_no_exercise(tmp_path: Path) -> None:
    """A cell that the file on disk does not have yet gets its exercise once it is saved."""
    notebook = NotebookFile()
    file = _write(tmp_path / "n.ipynb", _markdown("# One"))
    assert _exercise(notebook, file, "c") is None
    assert notebook.marked(file, "c") is None
    _write(tmp_path / "n.ipynb", _markdown("# One"), _code("c"))
    assert _exercise(notebook, file, "c") == "One"
    assert notebook.marked(file, "c") is not None


def test_a_notebook_is_read_once_until_it_changes(tmp_path: Path) -> None:
    """The file is read again only when its size or time is another."""
    notebook = NotebookFile()
    file = Path(_write(tmp_path / "n.ipynb", _markdown("# One"), _code("c")))
    assert _exercise(notebook, str(file), "c") == "One"
    time_ns = file.stat().st_mtime_ns
    _write(file, _markdown("# Two"), _code("c"))
    os.utime(file, ns=(time_ns, time_ns))
    assert _exercise(notebook, str(file), "c") == "One"
    os.utime(file, ns=(time_ns + 1, time_ns + 1))
    assert _exercise(notebook, str(file), "c") == "Two"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"cells": 3}', '{"cells": [{}]}', '{"cells": [null]}', "\udcff"]
)
def test_a_file_that_is_no_notebook_is_no_fault(tmp_path: Path, text: str) -> None:
    """A file that is half written, or something else, has no exercises and raises nothing."""
    file = tmp_path / "n.ipynb"
    file.write_text(text, errors="surrogateescape")
    assert _exercise(NotebookFile(), str(file), "c") is None
    assert _exercise(NotebookFile(), str(tmp_path / "none.ipynb"), "c") is None


@pytest.mark.parametrize(
    ("started_with", "name"),
    [
        ("/home/ada/course/week 1/01.ipynb", "week 1/01.ipynb"),
        ("/elsewhere/01.ipynb", "01.ipynb"),
        ("week 1/01.ipynb", "week 1/01.ipynb"),
        ("RTC:01.ipynb", "01.ipynb"),
        ("/home/ada/course/console-1-abc", None),
        ("", None),
    ],
)
def test_a_notebook_is_named_by_its_path_below_the_root(
    tmp_path: Path, started_with: str, name: str | None
) -> None:
    """Students whose folders lie in different places give the same notebook the same name."""
    (tmp_path / "jpserver-12.json").write_text(json.dumps({"root_dir": "/home/ada/course"}))
    environ = {"JPY_SESSION_NAME": started_with, "JPY_PARENT_PID": "12"}
    assert NotebookPath(environ, str(tmp_path / "kernel-k.json")).name == name


def test_without_a_server_only_the_file_is_named(tmp_path: Path) -> None:
    """Where the root is not known no folder of the student's machine is sent."""
    environ = {"JPY_SESSION_NAME": "/home/ada/course/01.ipynb"}
    path = NotebookPath(environ, str(tmp_path / "kernel-k.json"))
    assert (path.name, path.file) == ("01.ipynb", "/home/ada/course/01.ipynb")
    assert not path.refresh()


def test_two_notebooks_of_one_kernel_keep_their_own_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second notebook that uses the kernel takes neither the first one's name nor its cells."""
    file = _write(tmp_path / "1.ipynb", _code("one", "exercise:1"))
    _write(tmp_path / "2.ipynb", _code("two", "exercise:2"))
    info = {"root_dir": str(tmp_path), "url": "http://127.0.0.1:1/"}
    (tmp_path / "jpserver-12.json").write_text(json.dumps(info))
    sessions = [{"path": f"{number}.ipynb", "kernel": {"id": "k"}} for number in (1, 2)]
    monkeypatch.setattr("cellpulse_hook.asking.read_local", lambda *_: json.dumps(sessions))
    environ = {"JPY_SESSION_NAME": file, "JPY_PARENT_PID": "12"}
    path = NotebookPath(environ, str(tmp_path / "kernel-k.json"))
    enricher = Enricher("s", path, NotebookFile(), read_settings({}), Preferences())
    told = []
    for cell_id in ("two", "one", "two", "not-saved"):
        seen = {"session_id": "s", "seq": 1, "cell_id": cell_id, "notebook": path.name}
        event = enricher.event(make_record("{", {**seen, "file": path.file}))
        told.append((event["notebook"], event.get("exercise")))
    assert told == [("2.ipynb", "2"), ("1.ipynb", "1"), ("2.ipynb", "2"), ("1.ipynb", None)]


def test_an_event_survives_what_is_wrong_with_its_notebook(tmp_path: Path) -> None:
    """An event whose notebook can't be looked at is sent as it was recorded."""
    seen = {"session_id": "s", "seq": 1, "cell_id": "c", "notebook": "n.ipynb"}
    enricher = Enricher("s", NotebookPath({}, ""), NotebookFile(), read_settings({}), Preferences())
    assert enricher.event(make_record("{", {**seen, "file": "bad\x00path"})) == seen
    bare = Record(1, b'{"seq":1,"cell_id":"c"}')
    assert enricher.event(bare) == {"seq": 1, "cell_id": "c"}
    file = _write(tmp_path / "n.ipynb", _markdown("# " + "x" * 500), _code("c"))
    event = enricher.event(make_record("{", {**seen, "session_id": "dead", "file": file}))
    assert event["exercise"] == "x" * 200
    assert event["truncated"] == ["exercise"]


def test_what_is_switched_off_is_not_sent() -> None:
    """Code and output that were spooled while they were agreed to stay when they no longer are."""
    code = "raise ValueError(In[-1])"
    seen = {"session_id": "s", "seq": 1, "code": code, "output": "o", "error_message": code}
    record = make_record("{", seen)
    off = Enricher("s", NotebookPath({}, ""), NotebookFile(), read_settings({}), Preferences())
    kept = {"session_id": "s", "seq": 1, "error_message": WITHHELD}
    assert off.event(record) == off.known_event(record) == kept
    both = {"CELLPULSE_SEND_CODE": "1", "CELLPULSE_SEND_OUTPUT": "1"}
    assert (
        Enricher(
            "s", NotebookPath({}, ""), NotebookFile(), read_settings(both), Preferences()
        ).event(record)
        == seen
    )
