"""Where the cell of a run can be opened: on the Jupyter server, as far as its address is known."""

from urllib.parse import quote

STUDENT = "{student}"


def cell_address(
    server: str | None, student_id: str, notebook: str | None, cell_id: str | None
) -> str | None:
    """Return the address of a run's cell in JupyterLab; None where it can't be known.

    Args:
        server: Of the Jupyter server, where `{student}` stands for the student.
        student_id: Whose notebook it is.
        notebook: Its path below Jupyter's folder.
        cell_id: The cell; without one the notebook alone is opened.
    """
    if server is None or not notebook:
        return None
    base = server.replace(STUDENT, quote(student_id, safe=""))
    cell = f"?#cell-id={quote(cell_id, safe='')}" if cell_id else ""
    return f"{base}/lab/tree/{quote(notebook)}{cell}"
