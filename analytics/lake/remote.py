"""A copy of what a token may read, from the aggregation API: for who can't reach the databases."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

import duckdb
import httpx
from pydantic import ValidationError

from analytics.errors import LakeUnavailableError
from analytics.lake.views import VIEWS
from analytics.responses import AsOf, Courses, Tables
from flows.stores.sql_text import literal

#: Longest wait for the next bytes of an answer, in seconds.
_TIMEOUT_SECONDS: Final = 60.0


def copy_from_api(
    address: str, token: str, as_of: datetime | int | None
) -> tuple[duckdb.DuckDBPyConnection, AsOf]:
    """Return a connection with the rows of every course that the token may read, and as of when.

    The tables are in `lake` and `master`, as where the databases themselves are attached. They are
    a copy in this process; DuckDB moves what does not fit into memory to the disk.

    Raises:
        LakeUnavailableError: The API does not answer, refuses the token, or has no such snapshot.
    """
    connection = duckdb.connect()
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("ATTACH ':memory:' AS lake")
        connection.execute("ATTACH ':memory:' AS master")
        with httpx.Client(
            base_url=f"{address.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_SECONDS,
        ) as api:
            read = _Copy(connection, api).everything(as_of)
    except BaseException:
        connection.close()
        raise
    return connection, read


class _Copy:
    """Copies one course after the other, all as of the same snapshot."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, api: httpx.Client) -> None:
        self._connection = connection
        self._api = api

    def everything(self, as_of: datetime | int | None) -> AsOf:
        try:
            courses = Courses.model_validate_json(self._get("/courses"))
            if not courses.courses:
                raise LakeUnavailableError("no course that this token opens has an event yet")
            read = None
            for course in courses.courses:
                at = as_of if read is None else read.snapshot
                listed = self._list(course.course_id, at)
                read = read or listed.as_of
                for table in listed.tables:
                    self._copy(table.name, course.course_id, read.snapshot)
        except ValidationError as error:
            raise LakeUnavailableError(
                f"what answers at {self._api.base_url} is not the aggregation API of this version "
                "of Cellpulse: correct the address, or install the version that runs there"
            ) from error
        assert read is not None  # noqa: S101 - there is at least one course
        return read

    def _list(self, course_id: str, at: datetime | int | None) -> Tables:
        if isinstance(at, datetime):
            at_text = (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
        else:
            at_text = "" if at is None else str(at)
        params = {"as_of": at_text} if at_text else {}
        return Tables.model_validate_json(self._get(_path(course_id), **params))

    def _copy(self, table: str, course_id: str, snapshot: int) -> None:
        target = VIEWS[table]
        params: dict[str, str | int] = {"snapshot": snapshot}
        while True:
            with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
                file.write(self._get(f"{_path(course_id)}/{table}", **params))
                file.flush()
                last = self._insert(target, Path(file.name))
            if table != "events" or last is None:
                return
            params["after"] = last

    def _insert(self, target: str, file: Path) -> str | None:
        """Insert a file's rows, and return the position of the last event."""
        rows = f"FROM read_parquet({literal(str(file))})"
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS {target} AS {rows} LIMIT 0")
        self._connection.execute(f"INSERT INTO {target} {rows}")
        if target == "master.students":  # one can be in several courses: once, from the first on
            self._connection.execute(
                f"CREATE OR REPLACE TABLE {target} AS SELECT student_id, "  # noqa: S608 - of ours
                f"min(first_seen_at) AS first_seen_at FROM {target} GROUP BY student_id"
            )
        if target != "lake.events":
            return None
        found = self._connection.execute(f"SELECT arg_max(position, position_ns) {rows}").fetchone()
        return found[0] if found else None

    def _get(self, path: str, **params: str | int) -> bytes:
        try:
            answer = self._api.get(path, params=params)
        except httpx.HTTPError as error:
            raise LakeUnavailableError(
                f"the aggregation API at {self._api.base_url} does not answer: check that "
                "Cellpulse runs there and that the address is right"
            ) from error
        if answer.is_error:
            raise LakeUnavailableError(f"the aggregation API refuses: {_detail(answer)}")
        return answer.content


def _path(course_id: str) -> str:
    return f"/courses/{quote(course_id, safe='')}/tables"


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
