"""What Prometheus is told: every process is scraped, and board and rules ask for what is there."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

PROJECT = Path(__file__).parents[2]
RULES = yaml.safe_load((PROJECT / "ops/prometheus/rules.yml").read_text())
BOARD = json.loads((PROJECT / "ops/grafana/cellpulse.json").read_text())
SCRAPES = yaml.safe_load((PROJECT / "ops/prometheus/prometheus.yml").read_text())
#: Prometheus makes it of each scrape.
OF_PROMETHEUS = {"up"}
#: A name says what is counted in which unit; a counter ends with `total`, added by the library.
NAME = re.compile(r"(cellpulse|process|python)_[a-z_]+")
COURSE, STUDENT = "a-course-to-be-counted", "a-student-nobody-names"
PROCESSES = ("ingest", "relay", "worker", "api", "dashboard")


@pytest.fixture(scope="module")
def scraped(with_dashboard: Any) -> dict[str, dict[str, Metric]]:
    """Return the families of metrics of each process, by name, after some work of all of them."""
    course = COURSE
    run = {"course_id": course, "student_id": STUDENT, "status": "ok"}
    headers = with_dashboard.bearer("ingest", course="*")
    address = f"{with_dashboard.ingest}/student-progress"
    assert httpx.post(address, json=[run] * 3, headers=headers).status_code == 202
    assert httpx.post(address, json=[run]).status_code == 401
    of_course = f"{with_dashboard.api}/api/v1/courses/{course}/progress"
    reader = with_dashboard.bearer("read", course="*")
    with_dashboard.wait_until(
        lambda: httpx.get(of_course, headers=reader, timeout=30).is_success, "the lake"
    )
    httpx.get(f"{with_dashboard.dashboard}/", timeout=30)
    with_dashboard.wait_until(lambda: _lag(with_dashboard) == 0, "every store")
    return {name: _families(_text(with_dashboard, name)) for name in PROCESSES}


def _text(pipeline: Any, process: str) -> str:
    ports = {"relay": pipeline.relay_metrics_port, "worker": pipeline.worker_metrics_port}
    address = (
        f"http://127.0.0.1:{ports[process]}" if process in ports else getattr(pipeline, process)
    )
    answer = httpx.get(f"{address}/metrics", timeout=30)
    assert answer.status_code == 200, process
    assert answer.headers["content-type"].startswith("text/plain; version="), process
    return answer.text


def _families(text: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def _lag(pipeline: Any) -> float:
    lag = _families(_text(pipeline, "relay"))["cellpulse_store_lag_events"]
    return sum(sample.value for sample in lag.samples)


def _values(family: Metric, **labels: str) -> list[float]:
    return [
        sample.value
        for sample in family.samples
        if labels.items() <= sample.labels.items()
        and not sample.name.endswith(("_sum", "_bucket", "_created"))
    ]


@pytest.mark.parametrize("process", PROCESSES)
def test_every_figure_has_a_name_by_the_conventions_and_a_meaning(
    process: str, scraped: dict[str, dict[str, Metric]]
) -> None:
    """Each process tells its version, its memory, and figures of its own that are explained."""
    families = scraped[process]
    for family in families.values():
        assert NAME.fullmatch(family.name), family.name
        assert len(family.documentation) > 10, family.name
        assert family.type in {"counter", "gauge", "histogram", "info"}, family.name
    assert {"cellpulse_build_info", "process_resident_memory_bytes"} <= set(families)
    assert len([name for name in families if name.startswith("cellpulse_")]) > 1


def test_the_figures_are_those_of_what_happened(scraped: dict[str, dict[str, Metric]]) -> None:
    """Requests are counted by the pattern of their address, events by outcome, batches by store."""
    requests = "cellpulse_http_request_duration_seconds"
    ingest, api = scraped["ingest"], scraped["api"]
    assert _values(ingest[requests], route="/student-progress", status="202")[0] >= 1
    assert _values(ingest[requests], route="/student-progress", status="401")[0] >= 1
    progress = {"route": "/api/v1/courses/{course_id}/progress", "status": "200"}
    assert _values(api[requests], **progress)[0] >= 1
    assert _values(scraped["dashboard"][requests], route="page", status="401")[0] >= 1
    assert _values(ingest["cellpulse_ingest_events"], outcome="accepted")[0] >= 3
    relay, worker = scraped["relay"], scraped["worker"]
    for store in ("influxdb", "postgres", "lake"):
        assert _values(relay["cellpulse_store_lag_seconds"], store=store) == [0]
        assert _values(relay["cellpulse_store_position_timestamp_seconds"], store=store)[0] > 1e9
        assert _values(relay["cellpulse_queue_messages"], queue=store)
        assert _values(worker["cellpulse_worker_events"], store=store)[0] >= 3
        assert _values(worker["cellpulse_worker_failures"], store=store)
        assert _values(worker["cellpulse_worker_batch_duration_seconds"], store=store)[0] >= 1
    assert _values(relay["cellpulse_redis_up"]) == [1]
    assert _values(relay["cellpulse_log_size_bytes"])[0] > 0
    assert _values(worker["cellpulse_postgres_up"]) == [1]
    assert _values(worker["cellpulse_lost_events"])


def test_no_figure_names_a_student_or_a_course(scraped: dict[str, dict[str, Metric]]) -> None:
    """Whoever may scrape learns how much is done, and not by whom or where."""
    labels = {
        value
        for families in scraped.values()
        for family in families.values()
        for sample in family.samples
        for value in sample.labels.values()
    }
    assert "/student-progress" in labels
    assert not [value for value in labels if COURSE in value or STUDENT in value]


def _samples(scraped: dict[str, dict[str, Metric]]) -> dict[str, set[str]]:
    """Return the labels of every sample that a scrape brings, by the sample's name."""
    known: dict[str, set[str]] = {}
    for families in scraped.values():
        for family in families.values():
            for sample in family.samples:
                known.setdefault(sample.name, set()).update(sample.labels)
    return known


def _selectors(query: str) -> list[Any]:
    """Return each selector of a series within a query; one that PromQL does not know fails."""
    found: list[Any] = []

    def note(part: Any) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.append(part)

    promql_parser.walk(promql_parser.parse(query.replace("$__rate_interval", "5m")), note)
    return found


def _queries() -> dict[str, str]:
    """Return each query of the rules and of the board, by where it stands."""
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    queries = {rule["alert"]: rule["expr"] for rule in rules}
    for panel in BOARD["panels"]:
        for target in panel.get("targets", []):
            queries[f"{panel['title']}/{target['refId']}"] = target["expr"]
    return queries


def test_board_and_rules_ask_only_for_what_is_scraped(
    scraped: dict[str, dict[str, Metric]],
) -> None:
    """Every series and label that a query names is in the scrape of a process."""
    known = _samples(scraped)
    jobs = {scrape["job_name"] for scrape in SCRAPES["scrape_configs"]}
    assert jobs == {f"cellpulse-{process}" for process in PROCESSES}
    asked = 0
    for place, query in _queries().items():
        selectors = _selectors(query)
        assert selectors, place
        for selector in selectors:
            asked += 1
            assert selector.name in known.keys() | OF_PROMETHEUS, (place, selector.name)
            for matcher in selector.matchers.matchers:
                if matcher.name == "job":
                    assert any(re.fullmatch(matcher.value, job) for job in jobs), place
                else:
                    assert matcher.name in known[selector.name], place
    assert asked > 30


def test_every_alert_says_what_to_do_and_every_panel_what_it_shows() -> None:
    """An alert has a severity, a summary and a remedy; a panel has a description and a unit."""
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule
            assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
            assert set(rule["annotations"]) == {"summary", "do"}, rule["alert"]
            assert re.fullmatch(r"\d+[mh]", rule.get("for", "0m")), rule["alert"]
    panels = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    for panel in panels:
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
