"""What is told of an error without the code."""

import subprocess

import pytest
from cellpulse_hook.error_text import WITHHELD, error_message, error_name, quotes

CODE = "%%bash\necho 'my secret'\nexit 3\n"


def _raised(code: str) -> SyntaxError:
    with pytest.raises(SyntaxError) as caught:
        compile(code, "<ipython-input-7-0123abc>", "exec")
    return caught.value


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (subprocess.CalledProcessError(3, b"x"), "returned non-zero exit status 3."),
        (subprocess.CalledProcessError(-9, ["x"]), "died with <Signals.SIGKILL: 9>."),
        (subprocess.TimeoutExpired("x", 5), "timed out after 5 seconds"),
    ],
)
def test_a_command_is_code(error: Exception, told: str) -> None:
    """Without the code, a command's failure is told without the command."""
    assert error_message(error, CODE, send_code=False) == told
    assert error_message(error, CODE, send_code=True) == str(error)


@pytest.mark.parametrize(
    ("code", "message", "quoted"),
    [
        (CODE, "b\"echo 'my secret'\\nexit 3\\n\" failed", True),
        (CODE, "failed:\n  echo 'my secret'\n  exit 3", True),
        ("%%sql\nselect ä from t", "[SQL: select ä from t]", True),
        ("%%sql\nselect ä from t", "[SQL: b'select \\xc3\\xa4 from t']", True),
        ("a = 1\n" * 5_000, "it was: " + "a = 1\n" * 5_000, True),
        ("answer", "name 'answer' is not defined", False),
        ("%%time\nanswer", "name 'answer' is not defined", False),
        ("raise ValueError('no good')", "no good", False),
        ("", "", False),
        ("%%bash", "a b", False),
    ],
)
def test_a_message_that_quotes_the_code_is_withheld(code: str, message: str, quoted: bool) -> None:
    """A message that holds the cell's code is not sent without it; one that names a name is."""
    assert quotes(message, code) is quoted
    told = error_message(ValueError(message), code, send_code=False)
    assert told == (WITHHELD if quoted else message)
    assert WITHHELD not in error_message(ValueError(message), code, send_code=True)


def test_equal_syntax_errors_are_told_alike() -> None:
    """A syntax error's text has no file name, which is another for each run."""
    error = _raised("x = = 1")
    assert error_message(error, "x = = 1", send_code=True) == "invalid syntax"
    assert error_name(error) == "SyntaxError"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("No such file: '/home/ada/course/my data.csv'", "No such file: '…/my data.csv'"),
        ('"/Users/Ada O\'Neil/x.csv"', '"…/Ada O\'Neil/x.csv"'),
        ("from 'y' (/opt/conda/lib/y/__init__.py)", "from 'y' (…/__init__.py)"),
        (r"'C:\\Users\\ada\\x.csv'", "'…/x.csv'"),
        (r"C:\Users\ada\x.csv is bad", "…/x.csv is bad"),
        (r"'\\\\fs\\home$\\ada\\x.csv'", "'…/x.csv'"),
        ("see file:///home/ada/x.py", "see file://…/x.py"),
        ("'~/course/x.csv'", "'…/x.csv'"),
    ],
)
def test_of_a_path_only_its_last_part_is_told(message: str, told: str) -> None:
    """Where on the student's machine a file lies stays there, also where code is sent."""
    for send_code in (False, True):
        assert error_message(ValueError(message), "f()", send_code) == told


@pytest.mark.parametrize("place", ["{}", "'{}/' is no file", "at {}: 7"])
def test_the_home_folder_has_no_name(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Its last part is the student's name, as a rule."""
    monkeypatch.setenv("HOME", "/srv/class/ada")
    told = error_message(ValueError(place.format("/srv/class/ada")), "f()", send_code=False)
    assert told == place.format("~")


@pytest.mark.parametrize(
    "message",
    [
        "unsupported operand type(s) for /: 'int' and 'str'",
        "use '//' for whole numbers, 1/2 or a/b/c",
        "data/x.csv, ../up/y.csv and /tmp",
        "http://127.0.0.1:8000/a/b",
        r"bad escape: '\d\w'",
        "<a/></b>",
    ],
)
def test_what_is_no_absolute_path_stays(message: str) -> None:
    """A relative path is what the cell says, an operator is no path."""
    assert error_message(ValueError(message), "f()", send_code=False) == message
