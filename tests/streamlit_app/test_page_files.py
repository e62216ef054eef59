"""The files that every page consists of, as the real dashboard answers them."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from streamlit import file_util

from streamlit_app.page_files import PARTS, scripts_of
from streamlit_app.sign_in.gate import COOKIE
from tests.streamlit_app.live.live_page import TOKEN

STATIC = Path(file_util.get_static_dir())
SCRIPTS = STATIC / "static" / "js"


@pytest.fixture
def visitor(dashboard: str) -> Iterator[httpx.Client]:
    """Return a client with the cookie of an instructor."""
    with httpx.Client(base_url=dashboard, cookies={COOKIE: TOKEN}) as client:
        yield client


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_found_with_all_that_it_imports(part: str) -> None:
    """Streamlit has a script of this name; the page itself loads what is not named."""
    page = (STATIC / "index.html").read_text("utf-8")
    found = scripts_of([part], SCRIPTS)
    assert any(name.startswith(f"{part}.") for name in found)
    for name in found:
        text = (SCRIPTS / name).read_text("utf-8")
        for imported in re.findall(r'from"\./([^"]+)"', text):
            assert imported in found or imported in page, name


def test_a_part_that_is_not_there_is_left_out() -> None:
    """Another version of Streamlit has other parts: then nothing is named, and all works."""
    assert scripts_of(["NoSuchPart"], SCRIPTS) == []


def test_a_page_names_its_scripts_early_and_each_is_there(visitor: httpx.Client) -> None:
    """Whatever page is opened; each script comes compressed, and may be kept for ever."""
    for address in ("/", "/student?course=python-101&student=Vole"):
        page = visitor.get(address, headers={"Accept": "text/html"}).text
        head = page[: page.index("</head>")]
        for name in scripts_of(PARTS, SCRIPTS):
            assert head.count(name) == 1
    for path in re.findall(r'href="\.(/static/js/[^"]+)"', head):
        answer = visitor.get(path)
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content == (STATIC / path.lstrip("/")).read_bytes()


def test_whoever_takes_nothing_compressed_gets_the_same(visitor: httpx.Client) -> None:
    """Without Accept-Encoding a file comes as it is, and so does its head alone."""
    [script] = SCRIPTS.glob("Html.*.js")
    path = f"/static/js/{script.name}"
    answer = visitor.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == script.read_bytes()
    assert visitor.head(path).is_success


def test_nobody_gets_a_file_without_a_token(dashboard: str) -> None:
    """What a page consists of is behind the same door as the page."""
    [script] = SCRIPTS.glob("Html.*.js")
    assert httpx.get(f"{dashboard}/static/js/{script.name}").status_code == 401
