"""A bundle names nobody, suppresses small groups, and says so."""

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from flows.bundle.export import export_bundle
from flows.bundle.options import BundleOptions
from flows.bundle.study import Study
from flows.commands.export import export
from flows.export.errors import ExportError
from flows.export.source import open_course
from flows.simulation.plan import plan_class
from flows.simulation.timetable import Timetable

SECRET = b"a secret of more than 32 characters, for tests only"
K = 3
SUPPRESSED = "[suppressed]"
#: Ids of students, and the parts of them that must not be found in any text.
PEOPLE = {
    "ana.lima": ["ana", "lima", "analima", "alima"],
    "José García-Ortega": ["José", "Jose", "García", "Garcia", "Ortega"],
    "李小明": ["李小明", "小明"],
    "山田太郎": ["山田", "太郎"],
    "김철수": ["김철수", "철수"],
    "Анна Петрова": ["Анна", "Петрова"],
    "أحمد حسن": ["أحمد", "حسن"],
    "अनिता शर्मा": ["अनिता", "शर्मा"],
    "u7654321": ["u7654321", "7654321"],
    "müller-07": ["müller", "mueller", "muller", "müller07"],
}
#: Who is known from the master data only.
INSTRUCTOR = "Zähringer"
OTHERS = {
    INSTRUCTOR: ["Zähringer", "zaehringer"],
    "Prof. Wiśniewska": ["Wiśniewska", "Wisniewska"],
    "bknuth": ["bknuth"],
}
#: What else must not be there, as it is.
SECRETS = [
    *("ana@example.edu", "+49 170 1234567", "password=hunter2", "ghp_0123456789abcdefABCDEF"),
    *("example.org/~ana", "10.1.2.3", "2026-03-02", "02.03.2026", "0a" * 32),
]
#: What stands in no text, but in other fields, or nowhere.
IDS = ["kernel-of-", "cell-of-", "course-of-wiśniewska", SECRET.decode(), SECRET.hex()]
#: How many of the students' events hold all the texts; the rest of them hold a few.
TELLERS = K


def ways(name: str) -> list[str]:
    """Return ways in which a text can hold a name."""
    together = "".join(word.capitalize() for word in re.findall(r"[^\W\d_]+|\d+", name))
    return [
        *(name, name.upper(), name.title(), name.replace(".", " "), f"({name})", f"x_{name}_y"),
        *(f"{name}'s", f"my{together}File", f"/home/{name}/a.py", f"<{name}>", f'"{name}"'),
    ]


def texts() -> list[str]:
    """Return texts with every name in every way, and with everything else that leads back."""
    named = [way for who, parts in PEOPLE.items() for part in (who, *parts) for way in ways(part)]
    others = [part for who, parts in OTHERS.items() for part in (who, *parts)]
    return [
        *(f"name {way} is not defined" for way in named),
        *(f"ask {name} about it" for name in others),
        *("see /home/bknuth/x", *(f"at {secret}." for secret in SECRETS)),
    ]


def told_by_all() -> list[dict[str, Any]]:
    """Return events of every student, each with a name in every field that can hold one."""
    events = []
    told = texts()
    for place, who in enumerate(PEOPLE):
        ids = {"student_id": who, "session_id": f"kernel-of-{who}"}
        seq = 0
        for start in range(0, len(told) if place < TELLERS else 24, 8):
            seq += 1
            some = " / ".join(told[start : start + 8])
            events.append(
                ids
                | {"seq": seq, "status": "error", "exercise": "1.1", "code_sha256": "0a" * 32}
                | {"cell_id": f"cell-of-{who}", "notebook": f"{who}/{told[start]}.ipynb"}
                | {"hook_version": told[start][:50], "nickname": who}
                | dict.fromkeys((*TEXTS, "error_name"), some)
            )
        events.append(
            ids
            | {"type": "check_result", "seq": seq + 1, "passed": place > 2}
            | {"check_name": f"check of {told[place]}", "exercise": f"task of {who}"}
        )
        events.append(ids | {"status": "ok", "seq": seq + 2, "exercise": "task of ana.lima"})
    return [event | {"course_id": "course-of-wiśniewska"} for event in events]


TEXTS = ("error_message", "code", "output", "help_message")


def simulated(students: int) -> list[Any]:
    """Return the events of a simulated class."""
    sample = Path(__file__).parents[3] / "notebooks" / "course"
    plan = plan_class(
        students=students, minutes=30, seed=5, course_dir=sample, course_id="sim", with_code=True
    )
    timetable = Timetable(plan, datetime(2026, 3, 2, 9, tzinfo=UTC), 1.0, 0.0)
    return [timetable.to_event(planned) for planned in plan.events]


#: PostgreSQL's own store would write the first three of these from the events.
_MASTER_DATA = (
    "INSERT INTO courses VALUES ('small', NULL, now())",
    "INSERT INTO students VALUES ('s1', now())",
    "INSERT INTO enrollments (course_id, student_id, enrolled_at) VALUES ('small', 's1', now())",
    "INSERT INTO attention_snoozes VALUES ('small', 's1', now(), now(), %(who)s)",
)


@pytest.fixture(scope="module")
def filled(module_lake: Any) -> Any:
    """Return a lake with a course full of names, a simulated class, and a small one."""
    module_lake.append(*told_by_all())
    module_lake.append(
        *(event.model_dump(mode="json", exclude_none=True) for event in simulated(14))
    )
    module_lake.append(*({"seq": n, "session_id": "k"} | e for n, e in enumerate(groups())))
    module_lake.append(*({"student_id": f"s0{n}", "status": "ok"} for n in range(3)))
    for n in range(3):
        alone = {"student_id": f"s{n}", "status": "ok", "exercise": f"only {n}"}
        module_lake.append(alone | {"course_id": "apart"})
    module_lake.append({"student_id": "s1", "status": "ok", "course_id": "small"})
    with psycopg.connect(module_lake.settings.postgres_url) as master:
        for statement in _MASTER_DATA:
            master.execute(statement, {"who": INSTRUCTOR})
    return module_lake


@pytest.fixture(scope="module")
def bundle(filled: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that writes a bundle and returns its folder."""

    def write(course: str, study: str = "S1", k: int = K, **more: Any) -> Path:
        folder = tmp_path_factory.mktemp("bundle")
        scratch = tmp_path_factory.mktemp("scratch")
        options = BundleOptions(Study(study, SECRET), k, **more)
        with open_course(filled.settings, course, scratch) as source:
            export_bundle(source, folder, lambda _: None, options)
        return folder

    return write


@pytest.fixture(scope="module")
def named(bundle: Callable[..., Path]) -> Path:
    """Return the bundle of the course full of names, with all that can be asked for."""
    return bundle(
        "course-of-wiśniewska",
        with_code=True,
        with_help=True,
        names=("Prof. Wiśniewska",),
    )


@pytest.fixture(scope="module")
def sim(bundle: Callable[..., Path]) -> Path:
    """Return the bundle of the simulated class."""
    return bundle("sim")


def everything_in(folder: Path) -> str:
    """Return all texts of a bundle, those in its Parquet files as they are read."""
    parts = []
    for path in sorted(folder.rglob("*")):
        parts.append(path.name)
        if path.suffix == ".parquet":
            rows = duckdb.sql(f"FROM '{path}'").fetchall()
            parts += sorted({str(value) for row in rows for value in row})
        else:
            parts.append(path.read_text(encoding="utf-8"))
    return "\n".join(parts)


def found_in(text: str, name: str) -> list[str]:
    """Return where a name stands in a text by itself; one in Han or Hangul, anywhere."""
    letter = "" if re.match(r"[\u4e00-\u9fff\uac00-\ud7ff]", name) else r"[^\W\d_]"
    pattern = re.escape(name.casefold())
    if letter:
        pattern = rf"(?<!{letter}){pattern}(?!{letter})"
    return [text[max(0, m.start() - 30) : m.end() + 30] for m in re.finditer(pattern, text)]


def test_no_name_is_anywhere(named: Path) -> None:
    """No part of any id or name, no address, number, key or date is in any file of the bundle."""
    text = everything_in(named).casefold()
    everyone = PEOPLE | OTHERS
    leaks = {
        name: places[:3]
        for who, parts in everyone.items()
        for name in (who, *parts)
        if (places := found_in(text, name))
    }
    leaks |= {secret: ["as it is"] for secret in (*SECRETS, *IDS) if secret.casefold() in text}
    assert leaks == {}
    raw = b"".join(path.read_bytes() for path in named.iterdir())
    names = [name for who, parts in everyone.items() for name in (who, *parts)]
    assert [name for name in (*names, *SECRETS) if len(name) > 4 and name.encode() in raw] == []
    assert "[name]" in text


def events_of(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(folder / "events.parquet").to_pylist()
    return rows


def report_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "suppression_report.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def source_events(filled: Any, course: str) -> list[Any]:
    return [logged.event for logged in filled.events if logged.event.course_id == course]


def test_events_are_those_of_the_source_less_what_the_report_says(
    filled: Any, sim: Path, named: Path
) -> None:
    """The bundle opens in DuckDB and pandas, as Parquet and CSV, with as many events as it says."""
    for course, folder in (("sim", sim), ("course-of-wiśniewska", named)):
        report = report_of(folder)
        left_out = sum(int(row["events"]) for row in report if "events left out" in row["what"])
        expected = len(source_events(filled, course)) - left_out
        files = [folder / "events.parquet", folder / "events.csv"]
        counts = [duckdb.sql(f"SELECT count(*) FROM '{file}'").fetchall()[0][0] for file in files]
        counts += [len(pd.read_parquet(files[0])), len(pd.read_csv(files[1]))]
        assert counts == [expected] * 4
        said = {row["what"]: row["events"] for row in report if row["column"] == "student_id"}
        assert said["in the bundle"] == str(expected)
    assert left_out > 0


def test_what_is_kept_is_as_it_was(filled: Any, sim: Path) -> None:
    """But for pseudonyms, texts and the weeks, each event says what it said, in the same order."""
    moved = timedelta(weeks=Study("S1", SECRET).weeks("sim"))
    assert moved >= timedelta(weeks=52)
    rows = events_of(sim)
    exercises, types = ({row[name] for row in rows} for name in ("exercise", "type"))
    kept = [
        event
        for event in source_events(filled, "sim")
        if (event.exercise or None) in exercises and event.type in types
    ]
    assert [row["event_number"] for row in rows] == list(range(1, len(kept) + 1))
    same = ("type", "seq", "status", "execution_count", "duration_ms", "code_lines", "code_chars")
    same += ("passed", "points", "points_possible", "truncated")
    for event, row in zip(kept, rows, strict=True):
        assert [row[name] for name in same] == [getattr(event, name) for name in same]
        assert row["exercise"] == (event.exercise or None)
        assert row["occurred_at"] == event.occurred_at - moved
        assert row["received_at"] == event.received_at - moved


def groups() -> list[dict[str, Any]]:
    """Return events in groups of all sizes: rare exercises, notebooks, messages, types."""
    rng = Random(7)
    events = []
    for number in range(400):
        who = f"s{min(rng.randrange(14), rng.randrange(14)):02}"
        exercise = f"e.{min(rng.randrange(12), rng.randrange(12))}"
        event = {"student_id": who, "exercise": exercise, "status": "ok", "course_id": "groups"}
        event |= {"hook_version": f"0.{min(rng.randrange(6), rng.randrange(6))}"}
        event |= {"notebook": f"part{min(rng.randrange(9), rng.randrange(9))}.ipynb"}
        kind = rng.random()
        if kind < 0.4:
            odd = min(rng.randrange(40), rng.randrange(40))
            event |= {"status": "error", "error_name": f"E{odd % 7}Error"}
            event |= {
                "error_message": f"name 'v{odd}' is not defined" if odd % 3 else f"odd {odd}!"
            }
            if odd > 30:
                event["error_message"] = f"no {chr(97 + odd - 31)}{chr(97 + odd - 31)} here"
        elif kind < 0.6:
            event |= {"type": "check_result", "check_name": f"t{rng.randrange(20)}", "passed": True}
        elif kind < 0.62 and who in ("s00", "s01"):
            event |= {"type": "help_requested"}
        if number in (5, 50, 70):
            event = {"student_id": who, "type": "help_requested", "exercise": "only asked"}
            event |= {"course_id": "groups"}
        events.append(event)
    return events


def students_of(rows: list[Any], column: str) -> dict[Any, set[str]]:
    """Return who has each value of a column."""
    found: dict[Any, set[str]] = {}
    for row in rows:
        found.setdefault(row[column], set()).add(row["student_id"])
    return found


def large(events: list[dict[str, Any]], k: int) -> list[dict[str, Any]]:
    """Return the events that are not in a small group, by the plain definition."""
    while True:
        runs = [e for e in events if e["type"] in ("cell_run", "check_result")]
        done = students_of(runs, "exercise")
        types = students_of(events, "type")
        kept = [
            event
            for event in events
            if len(types[event["type"]]) >= k
            and (event["exercise"] is None or len(done.get(event["exercise"], ())) >= k)
        ]
        if len(kept) == len(events):
            return kept
        events = kept


def coarsened(
    events: list[dict[str, Any]], column: str, coarser: Callable[[str], str], k: int
) -> list[str | None]:
    """Return what is shown of a column's texts, by the plain definition."""
    rows = [{"student_id": e["student_id"], "text": e[column]} for e in events]
    for step in (coarser, lambda _: SUPPRESSED, lambda _: None):
        sizes = students_of(rows, "text")
        for row in rows:
            if row["text"] is not None and len(sizes[row["text"]]) < k:
                row["text"] = step(row["text"])
    return [row["text"] for row in rows]


@pytest.mark.parametrize("k", [2, 6])
def test_groups_are_suppressed_as_the_plain_definition_says(
    filled: Any, bundle: Callable[..., Path], k: int
) -> None:
    """Small exercises and types are left out, other texts made coarser, and nothing else."""
    source = [e.model_dump() for e in source_events(filled, "groups")]
    rows = events_of(bundle("groups", k=k))
    expected = large(source, k)
    assert 0 < len(expected) < len(source)
    assert [row["seq"] for row in rows] == [e["seq"] for e in expected]
    assert [row["exercise"] for row in rows] == [e["exercise"] for e in expected]
    patterns = {"error_message": lambda text: re.sub("'.*'", "'…'", re.sub(r"\b\d+\b", "N", text))}
    for column in ("notebook", "error_name", "error_message", "check_name", "hook_version"):
        shown = coarsened(expected, column, patterns.get(column, lambda _: SUPPRESSED), k)
        assert [row[column] for row in rows] == shown, column
        assert min(len(who) for text, who in students_of(rows, column).items() if text) >= k


def test_the_report_counts_what_was_suppressed(filled: Any, bundle: Callable[..., Path]) -> None:
    """Its numbers are those of the plain definition; no value stands in it."""
    source = [e.model_dump() for e in source_events(filled, "groups")]
    expected = large(source, 4)
    folder = bundle("groups", k=4)
    report = report_of(folder)
    text = (folder / "suppression_report.csv").read_text()
    assert not re.search(r"e\.\d|s\d\d|part\d|Error\b|not defined", text)
    shown = events_of(folder)
    for column in ("notebook", "error_message"):
        changed = sum(int(row["events"]) for row in report if row["column"] == column)
        kept = [e[column] for e in expected]
        assert changed == sum(a != b[column] for a, b in zip(kept, shown, strict=True))
    names = {e["exercise"] for e in source} - {e["exercise"] for e in expected}
    [row] = [row for row in report if row["column"] == "exercise" and "left out" in row["what"]]
    assert int(row["values"]) == len(names)


def test_pseudonyms_are_those_of_the_study(sim: Path, bundle: Callable[..., Path]) -> None:
    """The same study has the same ones in each bundle, another study has none of them."""
    again, other = bundle("sim"), bundle("sim", study="S2")
    files = sorted(path.name for path in sim.iterdir())
    assert {name for name in files if (sim / name).read_bytes() != (again / name).read_bytes()} == (
        set()
    )
    ids = ("event_id", "student_id", "session_id", "cell_id", "code_id", "course_id")
    for name in ids:
        ours = {row[name] for row in events_of(sim)}
        assert len(ours - {None}) > 0
        assert ours & {row[name] for row in events_of(other)} <= {None}
    times = [[row["occurred_at"] for row in events_of(folder)] for folder in (sim, other)]
    moved = {a - b for a, b in zip(*times, strict=True)}
    assert len(moved) == 1
    assert moved.pop() % timedelta(weeks=1) == timedelta(0)


def test_a_student_has_one_pseudonym_in_all_courses_of_a_study(bundle: Callable[..., Path]) -> None:
    """Who is in two courses can be followed within a study, though their sessions are apart."""
    one, two = (events_of(bundle(course, k=2)) for course in ("groups", "demo"))
    assert {row["student_id"] for row in two} <= {row["student_id"] for row in one}
    assert {row["course_id"] for row in two}.isdisjoint(row["course_id"] for row in one)


def test_texts_of_students_are_there_only_when_asked_for(
    sim: Path, bundle: Callable[..., Path]
) -> None:
    """Code, output and questions need their flags; the report says what was left out."""
    columns = set(parquet.read_schema(sim / "events.parquet").names)
    assert not columns & {"code", "output", "help_message", "code_sha256", "extra", "position"}
    [row] = [row for row in report_of(sim) if row["column"] == "code"]
    assert int(row["events"]) > 100
    with_code = parquet.read_table(bundle("sim", with_code=True) / "events.parquet")
    assert with_code.num_rows - with_code["code"].null_count > 100


def test_too_few_students_are_refused(bundle: Callable[..., Path]) -> None:
    """A course of fewer than k students is no bundle, nor what too few are left of."""
    with pytest.raises(ExportError, match="the course has fewer than 3 students"):
        bundle("small")
    with pytest.raises(ExportError, match="fewer than 3 students are left"):
        bundle("apart")


def test_the_papers_say_what_is_in_it(named: Path) -> None:
    """Checksums are right, each column is in the dictionary and the package, README counts."""
    for line in (named / "checksums.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        assert sha256((named / name).read_bytes()).hexdigest() == digest
    with (named / "data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        entries = list(csv.DictReader(file))
    assert [entry for entry in entries if not entry["meaning"]] == []
    for resource in json.loads((named / "datapackage.json").read_text())["resources"]:
        path = named / resource["path"]
        columns = [entry["column"] for entry in entries if entry["file"] == path.name]
        if path.suffix == ".parquet":
            assert parquet.read_schema(path).names == columns
        else:
            assert path.read_text().split("\n")[0] == ",".join(f'"{name}"' for name in columns)
            assert [field["name"] for field in resource["schema"]["fields"]] == columns
        assert resource["bytes"] == path.stat().st_size
    readme = (named / "README.md").read_text()
    assert f"| events | {len(events_of(named))} |" in readme
    assert {path.name for path in named.iterdir()} >= {"CITATION.cff", "LICENSE.md"}


def told(filled: Any, folder: Path, *options: str, course: str = "sim") -> tuple[int, str]:
    """Return the code and the last line with which the command ends, writing to `out`."""
    environment = {
        "CELLPULSE_POSTGRES_URL": filled.settings.postgres_url,
        "CELLPULSE_LAKE_PATH": filled.settings.lake_path,
        "CELLPULSE_SECRET": SECRET.decode(),
        "CELLPULSE_DATA_DIR": str(folder),
    }
    arguments = ["--course", course, "--out", str(folder / "out"), *options]
    done = CliRunner().invoke(export, arguments, env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output.splitlines()[-1]


def test_the_command_writes_what_the_function_does(filled: Any, sim: Path, tmp_path: Path) -> None:
    """The key is that of the platform's secret, and of the study's name as it is meant."""
    options = ("--format", "bundle", "--study", " S1 ", "--k", str(K))
    code, line = told(filled, tmp_path, *options)
    assert (code, "suppression_report.csv" in line) == (0, True), line
    for path in sim.iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_key_file_stands_for_the_secret(filled: Any, sim: Path, tmp_path: Path) -> None:
    """Its pseudonyms are others than those of the platform's secret."""
    (tmp_path / "key").write_text("k" * 64 + "\n")
    options = ("--format", "bundle", "--study", "S1", "--key-file", str(tmp_path / "key"))
    assert told(filled, tmp_path, *options)[0] == 0
    out = tmp_path / "out"
    students = [{row["student_id"] for row in events_of(folder)} for folder in (sim, out)]
    assert students[0].isdisjoint(students[1])
    assert "k" * 64 not in everything_in(out)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--format", "csv", "--study", "S"], "--study: only for --format bundle"),
        (["--format", "csv", "--k", "3", "--with-code"], "--k, --with-code: only for"),
        (["--format", "bundle"], "--format bundle needs --study NAME"),
        (["--format", "bundle", "--study", " "], "--study: give the study a name"),
        (["--format", "bundle", "--study", "S", "--key-file", "{0}/none"], "No such file"),
        (["--format", "bundle", "--study", "S", "--key-file", "{0}/short"], "fewer than 32 bytes"),
        (["--format", "bundle", "--study", "S", "--names", "{0}"], "--names"),
        (["--format", "bundle", "--study", "S", "--names", "{0}/latin"], "is not UTF-8"),
        (["--format", "bundle", "--study", "S", "--k", "99"], "fewer than 99 students"),
    ],
)
def test_what_is_wrong_is_one_line(
    filled: Any, tmp_path: Path, options: list[str], line: str
) -> None:
    """Options of a bundle that are missing, wrong or of another format, and nothing is written."""
    (tmp_path / "short").write_text("too short")
    (tmp_path / "latin").write_bytes("Jos\u00e9".encode("latin-1"))
    code, said = told(filled, tmp_path, *(option.format(tmp_path) for option in options))
    assert code == 1
    assert said.startswith("cellpulse: ")
    assert line in said
    assert not (tmp_path / "out").exists()
