"""Runs nbgrader's commands, one a line of the input, in one process."""

import contextlib
import shlex
import sys

from jupyter_core.application import NoStart
from nbgrader.apps import NbGraderApp

for line in sys.stdin:
    app = NbGraderApp()
    app.initialize(shlex.split(line))
    with contextlib.suppress(NoStart):  # what a command says whose subcommand did the work
        app.start()
    while app is not None:
        type(app).clear_instance()
        app = getattr(app, "subapp", None)
