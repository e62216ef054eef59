"""Folders of SQL files, each file one query or measure under its name."""

from dataclasses import dataclass
from importlib import resources

from analytics.queries.header import BadHeaderError


@dataclass(frozen=True)
class SqlFiles:
    """The files `analytics/<folder>/<name>.sql`.

    Attributes:
        folder: Name of the folder.
        kind: What one of its files is called in an error.
    """

    folder: str
    kind: str

    def names(self) -> list[str]:
        """Return the names of all files, in order."""
        files = (resources.files("analytics") / self.folder).iterdir()
        return sorted(
            file.name.removesuffix(".sql") for file in files if file.name.endswith(".sql")
        )

    def read(self, name: str) -> str:
        """Return the text of a file.

        Raises:
            BadHeaderError: There is no such file.
        """
        names = self.names()
        if name not in names:
            raise BadHeaderError(f"no {self.kind} {name!r}; there are {', '.join(names)}")
        file = resources.files("analytics") / self.folder / f"{name}.sql"
        return file.read_text(encoding="utf-8")
