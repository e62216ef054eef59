"""`cellpulse audit` beside processes that run."""

import json
import threading
from collections.abc import Callable
from typing import Any

from tests.integration.audit.audited_class import STORES, run


def test_the_command_audits_a_class_while_it_goes_on(
    pipeline: Any, wait_until: Callable[..., None]
) -> None:
    """While events arrive at running processes `cellpulse audit` is clean, and then not blind."""
    stop = threading.Event()
    sent = 0

    def teach() -> None:
        nonlocal sent
        while not stop.is_set():
            seq = sent // 5 + 1
            pipeline.post([run(f"s{student}", f"k{student}", seq) for student in range(5)])
            sent += 5
            stop.wait(0.05)

    teacher = threading.Thread(target=teach)
    teacher.start()
    try:
        for _ in range(2):
            done = pipeline.cellpulse("audit", "--json")
            report = json.loads(done.stdout)
            assert (report["findings"], report["ok"], done.returncode) == ([], True, 0), done.stdout
            assert set(report["as_of"]) == {"log", *STORES}
    finally:
        stop.set()
        teacher.join()
    wait_until(lambda: pipeline.runs_by_api() == sent, "the lake")
    done = pipeline.cellpulse("audit")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"all agree on {sent} events")
    pipeline.psql("UPDATE student_states SET runs = runs + 1 WHERE student_id = 's1'")
    done = pipeline.cellpulse("audit", "--course", "demo")
    assert done.returncode == 1
    assert "postgres, course demo, student s1: student_states: runs is" in done.stdout
    pipeline.postgres_url = "postgresql://nobody@127.0.0.1:1/none"
    done = pipeline.cellpulse("audit")
    assert done.returncode == 2
    assert done.stderr.startswith("cellpulse: the lake can't be read")
