"""The line of a cell at which it failed, in a real kernel that the tests share."""

import linecache
import sys
import uuid
from typing import Any

import pytest
from cellpulse_hook.error_line import error_line

_EVIL = """\
class Meta(type):
    __name__ = property(lambda cls: 1 / 0)
class Evil(Exception, metaclass=Meta):
    __traceback__ = property(lambda self: 1 / 0)
    lineno = property(lambda self: 1 / 0)
    def __getattr__(self, name): raise SystemExit
    def __eq__(self, other): 1 / 0
    __hash__ = None
raise Evil
"""


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["x = 1\n1/0\ny = 2"], 2),
        (["\n  \n\n1/0"], 4),
        (["def broken():\n    y = 1\n    1/0", "x = 1\nbroken()"], 2),
        (["def broken():\n    y = 1\n    1/0\nz = 1\nbroken()"], 3),
        (["def call(f):\n    f()", "def inner():\n    1/0\nx = 1\ncall(inner)"], 2),
        (["import json\n\njson.loads(\n    'no'\n)"], 3),
        (["x = 1\nimport broken_module"], 2),
        (["x = 1\nimport module_with_a_syntax_error"], 2),
        (["def deep(n):\n    if n:\n        deep(n - 1)\n    1/0\ndeep(50)"], 4),
        (["x = 1\nexec('a = 1\\n\\n\\n1/0')"], 2),
        (["x = 1\nexec('a = = 1')"], 2),
        (["x = 1\ny = = 2"], 2),
        (["\n\nfor i in range(3):\nprint(i)"], 4),
        (["x = 1\n\nreturn x"], 3),
        (["try:\n    1/0\nexcept ValueError:\n    pass"], 2),
        (["try:\n    1/0\nexcept ZeroDivisionError:\n    raise ValueError from None"], 4),
        (["try:\n    1/0\nexcept ZeroDivisionError as e:\n    kept = e", "x = 1\nraise kept"], 2),
        (["x = 1\nraise ExceptionGroup('two', [ValueError(1), TypeError(2)])"], 2),
        # IPython itself fails to show it, and tells of that.
        ([_EVIL], None),
        (["raise SyntaxError('of my own')"], 1),
        (["class Odd(SyntaxError): lineno = 7\n\nraise Odd"], 3),
        (["x = 1\nassert x == 2, 'no'"], 2),
        (["import asyncio\nawait asyncio.sleep(0)\nawait nothing"], 3),
        (["async def f():\n    1/0\n\nawait f()"], 2),
        (["%matplotlib_is_not_here\n1/0"], 1),
        (["import os\nfiles = !echo a\n1/0"], 3),
        (["x = 1\nget_ipython().run_cell('\\n\\n1/0').raise_error()"], 2),
        (["class Shy:\n\n  def __repr__(self): return 1/0\nShy()"], None),
        # What runs has other lines than the cell: no line is better than a wrong one.
        (["%%time\nx = 1\n1/0"], None),
        (["!echo a \\\n  b\n1/0"], None),
        (["import linecache\nlinecache.clearcache()\n1/0"], None),
    ],
)
def test_a_failed_cell_tells_its_line(classroom: Any, cells: list[str], line: int | None) -> None:
    """It is the line of the innermost call in the cell itself, of the cell as it was written."""
    kernel, ingest, notebook = classroom
    (notebook.parent / "broken_module.py").write_text("\n\n\n1/0\n")
    (notebook.parent / "module_with_a_syntax_error.py").write_text("\n\n\na = = 1\n")
    for cell in cells[:-1]:
        kernel.run(cell)
    cell_id = str(uuid.uuid4())
    kernel.run(cells[-1], cell_id)
    event = ingest.wait_for(cell_id=cell_id)
    assert (event["status"], event.get("error_line")) == ("error", line)


def test_an_interrupted_cell_tells_where_it_was(classroom: Any) -> None:
    """A cell that the student stopped has the line that it was in."""
    kernel, ingest, _ = classroom
    request = kernel.start("import time\nprint('started')\nwhile True:\n    time.sleep(60)", "stop")
    kernel.outputs(request, until="started")
    kernel.manager.interrupt_kernel()
    kernel.outputs(request)
    event = ingest.wait_for(cell_id="stop")
    assert (event["status"], event["error_line"]) == ("interrupted", 4)


def test_a_cell_that_ends_well_has_no_line(classroom: Any) -> None:
    """Also after one that failed."""
    kernel, ingest, _ = classroom
    kernel.run("1/0")
    kernel.run("1", "well")
    assert "error_line" not in ingest.wait_for(cell_id="well")


def test_an_evil_error_tells_its_line_all_the_same() -> None:
    """What a student's class makes of its attributes is not asked."""
    names: dict[str, Any] = {"__name__": "__main__"}
    linecache.cache["cell"] = (0, None, _EVIL.splitlines(), "cell")
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of the code's own class
        exec(compile(_EVIL, "cell", "exec"), names)
    assert error_line(caught.value, _EVIL, names) == 9


@pytest.mark.parametrize(("calls", "line"), [(9_000, 2), (11_000, None)])
def test_a_traceback_is_followed_to_a_bound(calls: int, line: int | None) -> None:
    """Of more frames than are looked at none is told, rather than a wrong one."""
    names: dict[str, Any] = {}
    code = f"def deep(n):\n    deep(n - 1) if n else 1/0\ndeep({calls})\n"
    linecache.cache["cell"] = (0, None, code.splitlines(), "cell")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        with pytest.raises(ZeroDivisionError) as caught:
            exec(compile(code, "cell", "exec"), names)
    finally:
        sys.setrecursionlimit(limit)
    assert error_line(caught.value, code, names) == line
