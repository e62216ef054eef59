"""An nginx of this test's own, in front of real processes."""

import os
from collections.abc import Callable
from pathlib import Path

from flows.embedded.part import Part, find_program


def nginx_part(folder: Path, http: str, answers: Callable[[], bool]) -> Part:
    """Return the part that is an nginx which keeps everything in `folder`.

    Args:
        folder: Where its files and logs are.
        http: What stands within its `http { … }`.
        answers: Whether it answers.
    """
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"{'user root;' if os.geteuid() == 0 else ''}\n"
        f"events {{}}\nhttp {{\n{temporary}access_log {folder}/access.log;\n{http}\n}}\n"
    )
    command = (str(find_program("nginx")), "-c", str(configuration))
    return Part("nginx", command, answers=answers, stop_signal="QUIT")
