"""What is told of an error: its name and its message, without the code unless that is sent.

Never told is where on the student's machine a file lies.
"""

from __future__ import annotations

import subprocess

from cellpulse_hook.error_paths import without_folders
from cellpulse_hook.event import CAPS, start_of

WITHHELD = "<not sent: it quotes the code>"
#: As much of the code, without its blanks, is looked for in a message.
_COMPARED_CHARS = 200
_NO_COMMAND = "Command '' "

#: A class's name as it was defined; its metaclass could make anything of `__name__`.
_name_of = type.__dict__["__name__"].__get__


def error_name(error: BaseException) -> str:
    """Return the name of the error's class."""
    return start_of(_name_of(type(error)), "error_name")


def error_message(error: BaseException, code: str, send_code: bool) -> str:
    """Return the error's own text as it is recorded for a cell of `code`. Never raises."""
    try:
        text = start_of(_text(error, send_code), "error_message")
    except BaseException as fault:  # noqa: BLE001 - the student's own __str__ may do anything
        return f"<its text could not be made: {_name_of(type(fault))}>"
    return without_folders(text) if send_code or not quotes(text, code) else WITHHELD


def quotes(message: str, code: str) -> bool:
    """Return whether `message` holds the cell's code, or a cell magic's part below its first line.

    A single word does not count: it is a name, and `name 'x' is not defined` has to tell which.
    """
    if code.lstrip().startswith("%%"):
        code = code.partition("\n")[2]
    code = code.strip()
    if len(code.split()) < 2:  # noqa: PLR2004 - two words are no longer one
        return False
    told = _without_blanks(message[: CAPS["error_message"] + 1])
    code = code[: CAPS["code"]]
    # As it is, and as the `repr` of a text and of bytes, which is how commands are quoted.
    forms = (code, repr(code)[1:-1], repr(code.encode("utf-8", "replace"))[2:-1])
    return any(_without_blanks(form)[:_COMPARED_CHARS] in told for form in forms)


def _text(error: BaseException, send_code: bool) -> str:
    if isinstance(error, SyntaxError) and isinstance(error.msg, str):
        # Without the file's name, which is another for each run: equal errors are told alike.
        return error.msg
    # These two quote the command, and in a cell of %%bash that is the code.
    if not send_code and isinstance(error, subprocess.CalledProcessError):
        without = subprocess.CalledProcessError(error.returncode, "")
        return str(without)[len(_NO_COMMAND) :]
    if not send_code and isinstance(error, subprocess.TimeoutExpired):
        return str(subprocess.TimeoutExpired("", error.timeout))[len(_NO_COMMAND) :]
    return str(error)


def _without_blanks(text: str) -> str:
    return "".join(text.replace("\\n", "").replace("\\t", "").split())
