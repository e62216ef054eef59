"""The hook in a real kernel that the tests share."""

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest_api.events import ProgressEvent


def test_a_kernel_reports_by_itself_that_it_started(classroom: Any) -> None:
    """A kernel of the environment loads the hook with nothing typed, and reports its session."""
    _, ingest, _ = classroom
    started = ingest.wait_for(type="session_started")
    assert started["seq"] == 1
    assert started["notebook"] == "01-values.ipynb"
    assert (started["course_id"], started["student_id"]) == ("python-1", "ada")
    assert ingest.headers[0]["Authorization"] == "Bearer a-token"


def test_a_run_is_reported_with_all_its_facts(classroom: Any) -> None:
    """A cell that ends well gives one event with every field of the contract, and no more."""
    kernel, ingest, _ = classroom
    before = datetime.now(UTC)
    code = "import time\ntime.sleep(0.01)  # ä"
    assert kernel.run(code, "facts") == ""
    event = ingest.wait_for(cell_id="facts")
    assert event["type"] == "cell_run"
    assert event["status"] == "ok"
    assert event["code_sha256"] == hashlib.sha256(code.encode()).hexdigest()
    assert (event["code_lines"], event["code_chars"]) == (2, len(code))
    assert event["duration_ms"] >= 10
    assert event["hook_version"] == "0.1.0"
    assert event["execution_count"] >= 1
    assert uuid.UUID(event["event_id"]).version == 7
    assert before <= datetime.fromisoformat(event["occurred_at"]) <= datetime.now(UTC)
    assert not {"code", "output", "error_name", "error_message", "exercise"} & set(event)


def test_every_event_fits_the_contract(classroom: Any) -> None:
    """The ingest's own model takes each event as it is; the line of an error is kept aside."""
    kernel, ingest, _ = classroom
    kernel.run("1/0", "contract")
    ingest.wait_for(cell_id="contract")
    for event in ingest.find():
        line = event.get("error_line")
        kept = ProgressEvent.model_validate(event).extra
        assert kept == (None if line is None else {"error_line": line})
    assert ingest.find(cell_id="contract", error_line=1)


@pytest.mark.parametrize(
    ("code", "name", "message"),
    [
        ("undefined", "NameError", "name 'undefined' is not defined"),
        ("x = = 1", "SyntaxError", "invalid syntax"),
        ("%no_such_magic", "UsageError", "Line magic function `%no_such_magic` not found."),
        (
            "class Mute(Exception):\n  def __str__(self): 1/0\nraise Mute",
            "ZeroDivisionError",
            "div",
        ),
        ("class Empty(Exception):\n  def __len__(self): return 0\nraise Empty('e')", "Empty", "e"),
        ("class Shy:\n  def __repr__(self): return 1/0\nShy()", "ZeroDivisionError", "division"),
        (
            (
                "class Odd(type):\n  __name__ = property(lambda cls: 5)\n"
                "class Wrong(Exception, metaclass=Odd): pass\nraise Wrong('w')"
            ),
            "Wrong",
            "w",
        ),
        (
            (
                "class Text(str):\n  def __getitem__(self, _): return 5\n"
                "class Wrong(Exception):\n  def __str__(self): return Text('w')\nraise Wrong"
            ),
            "Wrong",
            "w",
        ),
        (
            ("class Leaves(Exception):\n  def __str__(self): raise SystemExit\nraise Leaves"),
            "SystemExit",
            "",
        ),
        ("await nothing", "NameError", "name 'nothing' is not defined"),
        ("raise SystemExit(3)", "SystemExit", "3"),
    ],
)
def test_an_error_is_named(classroom: Any, code: str, name: str, message: str) -> None:
    """A cell that fails, before or while it runs, is an error with its name and message."""
    kernel, ingest, _ = classroom
    cell_id = str(uuid.uuid4())
    kernel.run(code, cell_id)
    event = ingest.wait_for(cell_id=cell_id)
    assert (event["status"], event["error_name"]) == ("error", name)
    assert event["error_message"].startswith(message)


def test_the_code_of_a_script_cell_stays(classroom: Any) -> None:
    """A cell of another language that fails, or an error that quotes its cell, tells no code."""
    kernel, ingest, _ = classroom
    kernel.run("%%bash\necho 'my secret'\nexit 3", "script")
    message = ingest.wait_for(cell_id="script")["error_message"]
    assert message == "returned non-zero exit status 3."
    kernel.run("raise ValueError(In[-1])  # my secret", "quotes-itself")
    assert "secret" not in ingest.wait_for(cell_id="quotes-itself")["error_message"]


def test_an_error_counts_for_its_own_cell(classroom: Any) -> None:
    """After a value that could not be shown, a cell that awaits something is no error."""
    kernel, ingest, _ = classroom
    kernel.run("class Shy:\n  def __repr__(self): return 1/0\nShy()", "not-shown")
    kernel.run("import asyncio\nawait asyncio.sleep(0)", "awaits")
    assert ingest.wait_for(cell_id="not-shown")["status"] == "error"
    assert ingest.wait_for(cell_id="awaits")["status"] == "ok"


def test_a_long_message_is_cut(classroom: Any) -> None:
    """An error's message is cut to 2,000 characters, and the event says so."""
    kernel, ingest, _ = classroom
    kernel.run("raise ValueError('é' * 5000)", "long")
    event = ingest.wait_for(cell_id="long")
    assert event["error_message"] == "é" * 2_000
    assert event["truncated"] == ["error_message"]


@pytest.mark.parametrize(
    "code",
    [
        "import time\nprint('started')\ntime.sleep(60)",
        "import asyncio\nprint('started')\nwhile True: await asyncio.sleep(0.01)",
    ],
)
def test_an_interrupted_run_is_no_error(classroom: Any, code: str) -> None:
    """A cell that the student stopped is interrupted, also while it awaits something."""
    kernel, ingest, _ = classroom
    cell_id = str(uuid.uuid4())
    request = kernel.start(code, cell_id)
    kernel.outputs(request, until="started")
    kernel.manager.interrupt_kernel()
    kernel.outputs(request)
    assert ingest.wait_for(cell_id=cell_id)["status"] == "interrupted"


def test_only_a_students_own_cells_count(classroom: Any) -> None:
    """Silent requests, those without history, empty cells and cells within cells give no event."""
    kernel, ingest, _ = classroom
    kernel.run("1", "before")
    kernel.run("2", "silent", silent=True)
    kernel.run("3", "without-history", store_history=False)
    kernel.run("  \n", "blank")
    kernel.run("get_ipython().run_cell('4').result", "within")
    within = ingest.wait_for(cell_id="within")
    assert within["seq"] == ingest.find(cell_id="before")[0]["seq"] + 1


def test_loading_twice_is_loading_once(classroom: Any) -> None:
    """Loading and reloading the extension goes on with the same session, one event a run."""
    kernel, ingest, _ = classroom
    kernel.run("%load_ext cellpulse_hook", "load")
    kernel.run("%reload_ext cellpulse_hook", "reload")
    kernel.run("1", "loaded-twice")
    kernel.run("2", "loaded-twice-after")
    after = ingest.wait_for(cell_id="loaded-twice-after")
    (run,) = ingest.find(cell_id="loaded-twice")
    assert (run["session_id"], run["seq"] + 1) == (after["session_id"], after["seq"])
    assert len(ingest.find(type="session_started")) == 1


def test_nothing_is_recorded_while_unloaded(classroom: Any) -> None:
    """After %unload_ext there are no events until the extension is loaded again."""
    kernel, ingest, _ = classroom
    kernel.run("%unload_ext cellpulse_hook", "unload")
    kernel.run("1", "unloaded")
    assert "paused" in kernel.run("%cellpulse")
    kernel.run("%load_ext cellpulse_hook")
    kernel.run("1", "loaded-again")
    ingest.wait_for(cell_id="loaded-again")
    assert ingest.find(cell_id="unloaded") == []


def test_pause_and_resume(classroom: Any) -> None:
    """Between pause and resume nothing is recorded and the numbers stand still."""
    kernel, ingest, _ = classroom
    kernel.run("1", "before-pause")
    assert "paused" in kernel.run("%cellpulse pause", "pause")
    kernel.run("2", "paused")
    assert "is paused" in kernel.run("%cellpulse status", "status-while-paused")
    assert "again" in kernel.run("%cellpulse resume", "resume")
    kernel.run("3", "resumed")
    resumed = ingest.wait_for(cell_id="resumed")
    assert resumed["seq"] == ingest.find(cell_id="before-pause")[0]["seq"] + 1


def test_a_hand_goes_up_with_a_question_and_down(classroom: Any) -> None:
    """%cellpulse help sends the question as it was typed, from the cell that asks."""
    kernel, ingest, _ = classroom
    said = kernel.run("%cellpulse help \"why is it 'None'? 学\"", "asks")
    assert "hand is up" in said
    asked = ingest.wait_for(type="help_requested")
    assert asked["help_message"] == "why is it 'None'? 学"
    assert asked["cell_id"] == "asks"
    assert "hand is down" in kernel.run("%cellpulse help done")
    ingest.wait_for(type="help_resolved")


def test_a_question_quotes_no_variable(classroom: Any) -> None:
    """Braces and dollars of a question stay what they are: no value of the notebook is sent."""
    kernel, ingest, _ = classroom
    kernel.run("grade = 'my secret'")
    kernel.run("%cellpulse help \"why does f'{grade}' print $grade?\"", "asks-with-braces")
    asked = ingest.wait_for(type="help_requested", cell_id="asks-with-braces")
    assert asked["help_message"] == "why does f'{grade}' print $grade?"


def test_a_hand_without_a_question_and_a_very_long_one(classroom: Any) -> None:
    """A question is optional, and one over the contract's limit is cut, not refused."""
    kernel, ingest, _ = classroom
    kernel.run("%cellpulse help", "no-words")
    kernel.run("%cellpulse help " + "x" * 3_000, "many-words")
    assert "help_message" not in ingest.wait_for(type="help_requested", cell_id="no-words")
    long = ingest.wait_for(type="help_requested", cell_id="many-words")
    assert (len(long["help_message"]), long["truncated"]) == (2_000, ["help_message"])


def test_a_hand_is_not_raised_unseen(classroom: Any) -> None:
    """Who has paused the hook is told that nobody would see the hand."""
    kernel, ingest, _ = classroom
    kernel.run("%cellpulse pause")
    assert "nobody would see" in kernel.run("%cellpulse help", "paused-hand")
    kernel.run("%cellpulse resume")
    kernel.run("1", "after-paused-hand")
    ingest.wait_for(cell_id="after-paused-hand")
    assert ingest.find(cell_id="paused-hand") == []


def test_status_and_show(classroom: Any) -> None:
    """Status tells whom it reports to, and show gives the sent events in full."""
    kernel, ingest, _ = classroom
    kernel.run("1/0", "shown")
    event = ingest.wait_for(cell_id="shown")
    status = kernel.run("%cellpulse status")
    for part in ("is recording", "student ada of course python-1", ingest.url, "code is not sent"):
        assert part in status
    assert "a-token" not in status
    shown = kernel.run("%cellpulse show")
    assert json.dumps(event, indent=2, ensure_ascii=False) in shown
    assert "Usage" in kernel.run("%cellpulse dance")


def test_a_forked_child_reports_nothing(classroom: Any) -> None:
    """What a forked child runs is not recorded, and the parent's numbers go on without a gap."""
    kernel, ingest, _ = classroom
    kernel.run(
        "import os, warnings\n"
        "import cellpulse_hook.hook\n"
        "warnings.simplefilter('ignore')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    try:\n"
        "        get_ipython().run_cell('1', store_history=True, cell_id='in-child')\n"
        "        cellpulse_hook.hook._hook._end()\n"
        "    finally:\n"
        "        os._exit(0)\n"
        "os.waitpid(child, 0)",
        "forks",
    )
    kernel.run("1", "after-fork")
    after = ingest.wait_for(cell_id="after-fork")
    assert after["seq"] == ingest.find(cell_id="forks")[0]["seq"] + 1
    assert ingest.find(cell_id="in-child") == []
    assert ingest.find(type="session_ended") == []


def test_the_exercise_is_read_from_the_notebook(classroom: Any) -> None:
    """An event has the exercise of its cell's tag, else of the heading above it."""
    kernel, ingest, notebook = classroom
    cells = [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# Values\n", "Text"]},
        {"cell_type": "code", "id": "under-heading", "metadata": {}, "source": "1"},
        {
            "cell_type": "code",
            "id": "tagged",
            "metadata": {"tags": ["exercise:sum-of-two"]},
            "source": "2",
        },
    ]
    notebook.write_text(json.dumps({"cells": cells[:2], "nbformat": 4, "nbformat_minor": 5}))
    kernel.run("1", "under-heading")
    assert ingest.wait_for(cell_id="under-heading")["exercise"] == "Values"
    notebook.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    kernel.run("2", "tagged")
    assert ingest.wait_for(cell_id="tagged")["exercise"] == "sum-of-two"
