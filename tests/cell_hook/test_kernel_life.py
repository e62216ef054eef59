"""What the hook does as kernels start, die and come back, each test with kernels of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from ingest_api.events import ProgressEvent


def test_without_its_variables_it_is_silent(start_kernel: Any, ingest: Any) -> None:
    """Where a variable is missing nothing is shown, sent or written, and status says what."""
    kernel = start_kernel(CELLPULSE_TOKEN="", CELLPULSE_STUDENT="", JUPYTERHUB_USER="")
    assert kernel.run("print('hello')", "a-cell") == "hello\n"
    status = kernel.run("%cellpulse status")
    assert "CELLPULSE_TOKEN is not set" in status
    assert "CELLPULSE_STUDENT is not set" in status
    assert "CELLPULSE_URL" not in status
    kernel.close()
    assert ingest.requests == []


def test_the_student_is_the_hub_user(start_kernel: Any, ingest: Any, tmp_path: Path) -> None:
    """On a JupyterHub the student is its user, and what is spooled is for that user's eyes."""
    start_kernel(CELLPULSE_STUDENT="", JUPYTERHUB_USER="grace")
    assert ingest.wait_for(type="session_started")["student_id"] == "grace"
    (file,) = (tmp_path / ".local/state/cellpulse").glob("*/*.jsonl")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("setting", "arguments"),
    [
        ("c.InteractiveShellApp.extensions = ['beside']", ()),
        ("c.InteractiveShellApp.extra_extensions = ['beside']", ()),
        ("c.InteractiveShellApp.extra_extensions.append('beside')", ()),
        ("", ("--ext", "beside")),
    ],
)
def test_it_loads_beside_other_extensions(
    start_kernel: Any, ingest: Any, tmp_path: Path, setting: str, arguments: tuple[str, ...]
) -> None:
    """A student's own IPython settings, or a kernel's --ext, and the hook both take effect."""
    (tmp_path / "beside.py").write_text(
        "def load_ipython_extension(shell): shell.user_ns['beside'] = 'loaded beside'"
    )
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_config.py").write_text(f"c = get_config()\n{setting}\n")
    kernel = start_kernel(
        *arguments, IPYTHONDIR=str(tmp_path / "ipython"), PYTHONPATH=str(tmp_path)
    )
    assert "loaded beside" in kernel.run("beside", "a-cell")
    assert ingest.wait_for(cell_id="a-cell")["seq"] == 2


def test_code_and_output_are_sent_where_agreed(start_kernel: Any, ingest: Any) -> None:
    """With their settings on, an event has the code, and what was printed and shown."""
    kernel = start_kernel(CELLPULSE_SEND_CODE="1", CELLPULSE_SEND_OUTPUT="1")
    code = "import sys\nprint('out')\nprint('err', file=sys.stderr)\n40 + 2"
    kernel.run(code, "a-cell")
    event = ingest.wait_for(cell_id="a-cell")
    assert event["code"] == code
    assert event["output"] == "out\nerr\n42"
    kernel.run("print('x' * 9000)  # " + "y" * 30_000, "long")
    event = ingest.wait_for(cell_id="long")
    assert event["output"] == "x" * 4_000
    assert (len(event["code"]), event["code_chars"]) == (20_000, 30_021)
    assert event["truncated"] == ["output", "code"]
    kernel.run("pass", "still")
    assert "output" not in ingest.wait_for(cell_id="still")
    assert "hearing" not in kernel.run("sys.stdout.write", store_history=False)
    assert "hearing" in kernel.run("sys.stdout.write")
    kernel.run("%unload_ext cellpulse_hook")
    assert "hearing" not in kernel.run("sys.stdout.write")


def test_a_check_has_a_result(start_kernel: Any, ingest: Any, tmp_path: Path) -> None:
    """Each run of a cell tagged `check:NAME` gives its result after the run, with a number."""
    metadata = {
        "c": {"tags": ["exercise:1.1", "check:sum"], "cellpulse": {"points": 2}},
        "e": {"tags": ["exercise:1.1"]},
        "new": {"tags": ["check:new"], "cellpulse": {"points": "0.5"}},
    }
    cells = [
        {"cell_type": "code", "id": cell_id, "metadata": metadata[cell_id], "source": ""}
        for cell_id in ("c", "e")
    ]
    notebook = tmp_path / "n.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    kernel = start_kernel(JPY_SESSION_NAME=str(notebook))
    kernel.run("assert 1 == 2, 'not yet'", "c")
    kernel.run("x = 2", "e")
    kernel.run("assert 2 == 2", "c")
    kernel.run("pass", "new", metadata=metadata["new"])  # not saved yet
    ingest.wait_for(type="check_result", check_name="new", passed=True)
    failed, passed, new = ingest.find(type="check_result")
    assert (failed["seq"], failed["passed"], passed["seq"]) == (3, False, 6)
    assert [(r["points"], r["points_possible"]) for r in (failed, passed, new)] == [
        *((0.0, 2.0), (2.0, 2.0), (0.5, 0.5))
    ]
    for result in (failed, passed):
        assert (result["check_name"], result["exercise"], result["cell_id"]) == ("sum", "1.1", "c")
        assert ProgressEvent.model_validate(result).extra == {"exercise_by": "tag"}
    assert [e["type"] for e in ingest.find(cell_id="e")] == ["cell_run"]


def test_a_cell_without_a_saved_id_is_known_by_its_own_metadata(
    start_kernel: Any, ingest: Any, tmp_path: Path
) -> None:
    """In a notebook of a format without ids, grade ids and tags still name the exercise."""
    metadata = {
        "sol": {"nbgrader": {"grade_id": "f", "solution": True}},
        "test": {"nbgrader": {"grade_id": "f-1", "grade": True, "points": 2}},
        "tag": {"tags": ["exercise:own"]},
        "none": {"tags": ["slow"], "nbgrader": {"locked": True}},
    }
    cells = [
        {"cell_type": "code", "metadata": each, "source": "as handed out"}
        for each in metadata.values()
    ]
    notebook = tmp_path / "n.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 4}))
    kernel = start_kernel(JPY_SESSION_NAME=str(notebook))
    for name, each in metadata.items():
        kernel.run("x = 1", f"random-{name}", metadata=each)
    ingest.wait_for(cell_id="random-none")
    events = [ingest.find(type="cell_run", cell_id=f"random-{name}")[0] for name in metadata]
    assert [(e.get("exercise"), e.get("exercise_by")) for e in events] == [
        *(("f", "nbgrader"), ("f", "nbgrader"), ("own", "tag"), (None, None))
    ]
    assert not any("cell_metadata" in event for event in ingest.events.values())
    [result] = ingest.find(type="check_result")
    assert (result["check_name"], result["exercise"], result["points"]) == ("f-1", "f", 2.0)


def test_a_server_that_is_away_loses_nothing(start_kernel: Any, ingest: Any) -> None:
    """What is run while the server is away arrives once it is back, each run once, in order."""
    kernel = start_kernel()
    ingest.wait_for(type="session_started")
    ingest.stop()
    for number in range(20):
        kernel.run(f"{number}", f"cell-{number}")
    assert "waiting 20" in kernel.run("%cellpulse status", "status")
    kernel.run("for _ in range(40): get_ipython().run_cell('0', store_history=True)", "many")
    shown = kernel.run("%cellpulse show", store_history=False)
    assert "62 events wait" in shown
    waiting = shown.partition("events wait")[2]
    assert waiting.count('"event_id"') == 50
    assert '"cell_id": "many"' in waiting
    ingest.start()
    ingest.wait_for(cell_id="many")
    runs = ingest.find(type="cell_run")
    assert [run["seq"] for run in runs] == list(range(2, 64))
    assert sum(map(len, ingest.requests)) == 63


def test_a_killed_kernel_loses_nothing(start_kernel: Any, ingest: Any) -> None:
    """What a kernel that was killed could not send is sent by the student's next kernel."""
    ingest.stop()
    first = start_kernel()
    first.run("1", "before-the-kill")
    first.kill()
    ingest.start()
    second = start_kernel()
    run = ingest.wait_for(cell_id="before-the-kill")
    assert run["seq"] == 2
    assert ingest.find(type="session_started", session_id=run["session_id"])
    second.run("2", "after")
    assert ingest.wait_for(cell_id="after")["session_id"] != run["session_id"]
    assert sum(map(len, ingest.requests)) == 4


def test_status_counts_what_other_kernels_left(start_kernel: Any, ingest: Any) -> None:
    """Status tells how many events of earlier kernels still wait."""
    ingest.stop()
    first = start_kernel()
    first.run("1", "before-the-kill")
    first.kill()
    status = start_kernel().run("%cellpulse status")
    assert "waiting 1\n" in status
    assert "2 more events wait" in status
    ingest.start()


def test_a_paused_kernel_tells_that_it_ends(start_kernel: Any, ingest: Any) -> None:
    """A session that ends while it is paused is ended for the class, too."""
    kernel = start_kernel()
    assert "until this kernel restarts" in kernel.run("%cellpulse pause")
    kernel.run("1", "paused")
    kernel.close()
    ended = ingest.wait_for(type="session_ended")
    assert ended["seq"] == 2 + len(ingest.find(type="cell_run"))
    assert ingest.find(cell_id="paused") == []


def test_a_forked_child_neither_adds_nor_holds_back(start_kernel: Any, ingest: Any) -> None:
    """What a killed kernel left is sent without what a process did that it forked and that runs."""
    ingest.stop()
    first = start_kernel()
    child = int(
        first.run(
            "import os, signal\n"
            "ran, child_ran = os.pipe()\n"
            "child = os.fork()\n"
            "if child == 0:\n"
            "    get_ipython().run_cell('1', store_history=True, cell_id='in-child')\n"
            "    os.close(child_ran)\n"
            "    signal.pause()\n"
            "os.close(child_ran)\n"
            "os.read(ran, 1)\n"
            "child",
            "forks",
        )
    )
    try:
        first.kill()
        ingest.start()
        start_kernel()
        assert ingest.wait_for(cell_id="forks")["seq"] == 2
        assert ingest.find(cell_id="in-child") == []
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_forked_child_keeps_no_leftover(start_kernel: Any, ingest: Any) -> None:
    """What a kernel was sending for a dead one when it forked and died, the next kernel sends."""
    ingest.stop()
    dead = start_kernel()
    dead.run("1", "left")
    dead.kill()
    ingest.busy = lambda event: event.get("cell_id") == "left"
    ingest.start()
    second = start_kernel()
    ingest.wait_until(lambda: any(map(ingest.busy, ingest.requests[-1])))
    child = int(
        second.run(
            "import os, signal, warnings\n"
            "warnings.simplefilter('ignore')\n"
            "child = os.fork()\n"
            "if child == 0:\n"
            "    signal.pause()\n"
            "child"
        )
    )
    try:
        second.kill()
        ingest.busy = lambda _: False
        start_kernel()
        assert ingest.wait_for(cell_id="left")["seq"] == 2
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_restart_is_a_new_session(start_kernel: Any, ingest: Any) -> None:
    """A restarted kernel ends its session and starts another, which counts from 1 again."""
    kernel = start_kernel()
    kernel.run("1", "before")
    kernel.restart()
    kernel.run("2", "after")
    after = ingest.wait_for(cell_id="after")
    before = ingest.wait_for(cell_id="before")
    ended = ingest.wait_for(type="session_ended")
    assert (ended["session_id"], ended["seq"]) == (before["session_id"], 3)
    assert after["session_id"] != before["session_id"]
    assert after["seq"] == 2


def test_a_kernel_that_ends_leaves_nothing_behind(
    start_kernel: Any, ingest: Any, tmp_path: Path
) -> None:
    """A kernel that is shut down sends its last events and leaves no file."""
    kernel = start_kernel()
    kernel.run("1", "last")
    kernel.close()
    assert ingest.wait_for(type="session_ended")["seq"] == 3
    assert list((tmp_path / ".local/state/cellpulse").glob("*/*")) == []


def test_an_unwritable_spool_does_not_break_the_notebook(
    start_kernel: Any, ingest: Any, tmp_path: Path
) -> None:
    """Where the spool can't be written, cells run and report as ever, and status says so."""
    (tmp_path / "a-file").write_text("")
    kernel = start_kernel(CELLPULSE_SPOOL_DIR=str(tmp_path / "a-file" / "spool"))
    assert kernel.run("print('hello')", "a-cell") == "hello\n"
    assert ingest.wait_for(cell_id="a-cell")["seq"] == 2
    assert "in memory only" in kernel.run("%cellpulse status")


def test_a_notebooks_name_follows_a_rename(
    ingest: Any, tmp_path: Path, free_port: int, environment_for: Any
) -> None:
    """In a real Jupyter server a notebook is named by its path below the root, also once moved."""
    course = tmp_path / "course"
    course.mkdir()
    cell = {"cell_type": "code", "id": "a-cell", "metadata": {}, "outputs": [], "source": "1"}
    heading = {"cell_type": "markdown", "id": "h", "metadata": {}, "source": "## Sums"}
    notebook = {"cells": [heading, cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (course / "01.ipynb").write_text(json.dumps(notebook))
    runtime = tmp_path / "runtime"
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            f"--ServerApp.port={free_port}",
            f"--ServerApp.root_dir={tmp_path}",
            "--IdentityProvider.token=t",
        ],
        env=environment_for(tmp_path, ingest.url, JUPYTER_RUNTIME_DIR=str(runtime)),
        stderr=subprocess.DEVNULL,
    )

    def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{free_port}/api/{path}",
            json.dumps(body).encode() if body else None,
            {"Authorization": "token t", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    try:
        _wait_for_server(server, free_port)
        kernel = {"name": "python3"}
        wanted = {"path": "course/01.ipynb", "name": "01.ipynb", "type": "notebook"}
        session = ask("POST", "sessions", {**wanted, "kernel": kernel})
        assert ingest.wait_for(type="session_started")["notebook"] == "course/01.ipynb"
        client = BlockingKernelClient()
        client.load_connection_file(str(runtime / f"kernel-{session['kernel']['id']}.json"))
        client.start_channels()
        client.wait_for_ready(timeout=30)
        _run(client, "a-cell", "1")
        ran = ingest.wait_for(code_chars=1)
        assert (ran["notebook"], ran["exercise"]) == ("course/01.ipynb", "Sums")
        ask("PATCH", "contents/course/01.ipynb", {"path": "course/values.ipynb"})
        ask("PATCH", f"sessions/{session['id']}", {"path": "course/values.ipynb"})
        _run(client, "a-cell", "22")
        ran = ingest.wait_for(code_chars=2)
        assert (ran["notebook"], ran["exercise"]) == ("course/values.ipynb", "Sums")
        client.stop_channels()
    finally:
        server.terminate()
        server.wait()


def _wait_for_server(server: subprocess.Popen[bytes], port: int) -> None:
    while True:
        assert server.poll() is None, "the Jupyter server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return


def _run(client: BlockingKernelClient, cell_id: str, code: str) -> None:
    content = {"code": code, "silent": False, "store_history": True}
    message = client.session.msg("execute_request", content, metadata={"cellId": cell_id})
    client.shell_channel.send(message)
