"""A report about a made-up session of class, with names and messages that are hard to print."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from analytics.after_class.responses import Report, ReportExercise, ReportHelp, ReportStream
from analytics.attention.responses import (
    ClusterExercise,
    ClusterStudent,
    ErrorCluster,
)
from analytics.class_view.responses import StreamExercise
from analytics.responses import AsOf

NINE: Final = datetime(2026, 4, 13, 0, 0, tzinfo=UTC)
#: Markup of typst, HTML and TeX, words without end, signs that no font has, and other scripts.
HOSTILE: Final = (
    '#import "@preview/x:1.0.0"',
    "] #panic() [",
    "$ sum_1^2 $ \\ \\u{0} \\textbf{x} `raw` *b* _i_ <label> @ref = heading",
    "</td><script>alert(1)</script>&amp;",
    "W" * 400,
    "🐍🎉👩‍💻 emoji",
    "שלום עולם مرحبا",
    "\u202eturned around\u202c",
    "a\x00b\x07\r\nc\td",
    "{{ report }} {% x %} %s {0}",
)


def exercise(name: str, number: int, **fields: Any) -> ReportExercise:
    attempted = fields.pop("attempted", 24 - number)
    solved = fields.pop("solved", max(0, 22 - 4 * number))
    return ReportExercise(
        **{
            "exercise": name,
            "title": f"Exercise {name}",
            "notebook": "02-loops.ipynb",
            "registered": True,
            "points": 2.0,
            "due_at": None,
            "started": attempted,
            "begun_by_end": attempted,
            "attempted": attempted,
            "solved": solved,
            "solved_before": 1,
            "solved_by": "check",
            "runs": 90,
            "errors": 30,
            "difficulty": 1 - solved / attempted if attempted else None,
            "lower": 0.1 if attempted else None,
            "upper": 0.9 if attempted else None,
        }
        | fields
    )


def cluster(pattern: str, students: int, past: int, **fields: Any) -> ErrorCluster:
    who = [
        ClusterStudent(
            student_id=f"s{number}",
            failures=2,
            first_at=NINE,
            last_at=NINE,
            exercise="2.2",
            position="1-0",
            past_at=NINE + timedelta(minutes=9) if number < past else None,
        )
        for number in range(students)
    ]
    return ErrorCluster(
        **{
            "error_name": "NameError",
            "pattern": pattern,
            "students": students,
            "failures": 2 * students,
            "since": NINE,
            "last_at": NINE,
            "is_new": False,
            "got_past": past,
            "solved": past,
            "minutes_to_get_past": 9.0 if past else None,
            "runs_to_get_past": 4.0 if past else None,
            "exercises": [ClusterExercise(exercise="2.2", students=students)],
            "messages": [],
            "lines": [],
            "fixed_code": None,
            "who": who,
        }
        | fields
    )


def hand(student: str, minute: float, came: float | None, **fields: Any) -> ReportHelp:
    return ReportHelp(
        **{
            "student_id": student,
            "display_name": None,
            "exercise": "2.2",
            "hands": 1,
            "asked_at": NINE + timedelta(minutes=minute),
            "visited_at": None if came is None else NINE + timedelta(minutes=came),
            "taken_down_at": None,
            "helped_at": None,
            "marks": 0 if came is None else 1,
            "is_open": came is None,
        }
        | fields
    )


def report(**fields: Any) -> Report:
    """Return a report of an hour and a half, in Japan from nine on."""
    steps = [NINE + timedelta(minutes=minute) for minute in range(90)]
    stream = [
        StreamExercise(exercise="2.1", students=[max(0, 25 - number // 2) for number in range(90)]),
        StreamExercise(exercise="2.2", students=[min(20, number // 2) for number in range(90)]),
        StreamExercise(exercise="2.3", students=[max(0, number - 60) for number in range(90)]),
    ]
    return Report(
        **{
            "as_of": AsOf(position="1776040199412-0", snapshot=7, time=NINE + timedelta(hours=2)),
            "course_id": "python-101",
            "title": "プログラミング入門",
            "start": NINE,
            "until": NINE + timedelta(minutes=90),
            "students": 30,
            "here": 27,
            "runs": 1512,
            "errors": 431,
            "exercises": [
                exercise("2.1", 1, title="合計を求める"),
                exercise("2.2", 3, title="偶数だけ"),
                exercise("2.3", 5),
                exercise("2.4", 0, attempted=4, solved=0, due_at=NINE + timedelta(days=2)),
                *(exercise(f"3.{n}", n, attempted=0, solved=0) for n in range(1, 8)),
            ],
            "stream": ReportStream(bucket_seconds=60, steps=steps, exercises=stream),
            "clusters": [
                cluster("name … is not defined", 12, 7),
                cluster("unsupported operand type(s) for +: … and …", 6, 1, error_name="TypeError"),
                cluster("invalid syntax", 4, 4, error_name="SyntaxError", minutes_to_get_past=14),
            ],
            "help": [
                hand("s1", 12, 19, display_name="山田 花子"),
                hand("s2", 30, 41, display_name="佐藤 健"),
                hand("s3", 41, None, display_name="Ådne Ørsted"),
                hand("s4", 50, 56),
            ],
        }
        | fields
    )


def hostile_report() -> Report:
    """Return a report in which every text that comes from people is an attack or an oddity."""
    return report(
        title=HOSTILE[3],
        exercises=[exercise(f"{n}", n, title=text) for n, text in enumerate(HOSTILE, 1)],
        clusters=[cluster(text, 9, 2, error_name=None) for text in HOSTILE],
        help=[hand(f"h{n}", n, None, display_name=text) for n, text in enumerate(HOSTILE)],
    )
