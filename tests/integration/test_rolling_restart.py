"""Every process is started anew, one after the other, while a class is at work: nothing is lost."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from flows.embedded.answers import http_answers
from flows.embedded.part import free_port
from tests.integration.class_at_work import COURSE, at_work
from tests.integration.conftest import Pipeline
from tests.integration.nginx import nginx_part

_EXAMPLE: Final = Path(__file__).parents[2] / "ops" / "nginx.conf"
#: What a process without an address logs when it has begun.
_BEGUN: Final = {"relay": "listening for", "worker": "working for"}


class OneAddress:
    """An nginx that has one address for two ingests, as ops/nginx.conf has it, and one for APIs."""

    def __init__(self, folder: Path, ones: Pipeline, others: Pipeline) -> None:
        self.ingest_port, self.api_port = free_port(), free_port()
        text = _EXAMPLE.read_text()
        for there, port in {
            "# server 127.0.0.1:8010": others,
            "server 127.0.0.1:8000": ones,
        }.items():
            assert there in text
            text = text.replace(there, f"server 127.0.0.1:{port.ingest_port}")
        [ingests] = re.findall(r"upstream cellpulse_ingest \{.*?\n\}", text, re.DOTALL)
        [to_ingests] = re.findall(
            r"    location / \{\n        proxy_pass http://cellpulse_ingest;.*?\n    \}",
            text,
            re.DOTALL,
        )
        upgrade = text[text.index("map ") : text.index("}", text.index("map ")) + 1]
        http = (
            f"{upgrade}\n{ingests}\n"
            f"upstream api {{ server 127.0.0.1:{ones.api_port} max_fails=0; "
            f"server 127.0.0.1:{others.api_port} max_fails=0; }}\n"
            f"server {{ listen 127.0.0.1:{self.ingest_port};\n{to_ingests}\n}}\n"
            f"server {{ listen 127.0.0.1:{self.api_port};\n"
            "location / { proxy_pass http://api; }\n}"
        )
        self.part = nginx_part(folder, http, self._answers)

    def _answers(self) -> bool:
        return http_answers(f"http://127.0.0.1:{self.ingest_port}/healthz")


class Reader(threading.Thread):
    """A page that asks the API again and again."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.answers: Counter[str] = Counter()
        self.stop_asked = threading.Event()
        self._address, self._headers = address, headers

    def run(self) -> None:
        while not self.stop_asked.wait(0.1):
            try:
                answer = httpx.get(self._address, headers=self._headers, timeout=60)
                self.answers[str(answer.status_code)] += 1
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1

    def read_more(self, wait_until: Callable[..., None]) -> None:
        """Wait for answers that were asked for from now on."""
        enough = self.answers["200"] + 3
        wait_until(lambda: self.answers["200"] >= enough, "answers of the API")


def start_beside(pipeline: Pipeline, name: str) -> None:
    """Start another one, and wait until it has begun itself, and not the one that runs already."""
    log = pipeline.folder / f"{name}.log"
    sign = _BEGUN.get(name, "")
    begun = log.read_text().count(sign) if sign else 0
    pipeline.start(name)
    if sign:
        pipeline.wait_until(lambda: log.read_text().count(sign) > begun, f"another {name}")


@pytest.mark.timeout(600)
def test_a_rolling_restart_under_load_loses_nothing(
    pipeline: Any, running: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of docs/operate.md; no client sees an error that it can't try again after."""
    ones: Pipeline = pipeline
    others = replace(ones, ingest_port=free_port(), api_port=free_port(), processes={})
    try:
        others.start("ingest", "api")
        nginx = OneAddress(tmp_path, ones, others)
        ingest = f"http://127.0.0.1:{nginx.ingest_port}"
        progress = f"http://127.0.0.1:{nginx.api_port}/api/v1/courses/{COURSE}/progress"
        page = Reader(progress, ones.bearer("read", course=COURSE))
        with (
            running(nginx.part, tmp_path / "nginx.log"),
            at_work(ones, ingest, monkeypatch.setattr) as work,
        ):
            work.take_more()
            ones.wait_until(lambda: ones.psql("SELECT 1 FROM courses") == "1", "the first event")
            page.start()
            # One that has its work to itself is replaced by a new one that is there first.
            for name in ("worker", "relay"):
                start_beside(others, name)
                ones.stop(name)
                work.take_more()
            # Of two behind one address one is always there.
            for those in (ones, others):
                those.stop("api", "ingest")
                work.take_more()
                page.read_more(ones.wait_until)
                those.start("api", "ingest")
            work.take_more()
            page.read_more(ones.wait_until)
            page.stop_asked.set()
            page.join(90)
            work.assert_kept()
        # nginx asks the other API where one is gone, so that a page sees nothing of it.
        assert page.answers.keys() == {"200"}
    finally:
        others.stop(*others.processes)
