"""Notebooks on the Admin page, as they are sent."""

import io
import zipfile
from dataclasses import dataclass

from streamlit_app.admin.registration import MIXED, packed, refused


@dataclass(frozen=True)
class Sent:
    """A file as the browser sends it."""

    name: str
    content: bytes = b"{}"

    def getvalue(self) -> bytes:
        return self.content


def test_notebooks_are_sent_as_one_zip_file() -> None:
    """Several become one; a zip file stays as it is; what can't go together is refused."""
    with zipfile.ZipFile(io.BytesIO(packed([Sent("1.ipynb", b"a"), Sent("2.ipynb")]))) as archive:
        assert archive.namelist() == ["1.ipynb", "2.ipynb"]
        assert archive.read("1.ipynb") == b"a"
    assert packed([Sent("all.zip", b"PK")]) == b"PK"
    assert packed([Sent("Course.ZIP", b"PK")]) == b"PK"
    assert refused([Sent("1.ipynb"), Sent("2.ipynb")]) is None
    assert refused([Sent("all.zip")]) is None
    for name in ("all.zip", "Course.ZIP"):
        assert refused([Sent(name), Sent("1.ipynb")]) == str(MIXED)
    assert "called 1.ipynb" in (refused([Sent("1.ipynb"), Sent("1.ipynb")]) or "")
