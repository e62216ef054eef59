"""Each page in a real browser, in each language: accessible, whole at every size, in one language.

Pictures of every page, language, size and theme are kept in the folder that the environment
variable CELLPULSE_SCREENSHOTS names; without it none are taken.
"""

import os
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import ConsoleMessage, Page, WebSocket, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.SessionStatus_pb2 import SessionStatus

from streamlit_app.language.choice import COOKIE
from streamlit_app.page_parts.palette import DARK, LIGHT
from tests.streamlit_app.walked_views import VIEWS, View

Theme = Literal["light", "dark"]
#: Language → with which size and theme one comes, and the theme that one changes to then; no colour
#: depends on the language. So each page is also drawn on a phone, and in dark, from its beginning.
ARRIVALS: Final[dict[str, tuple[tuple[int, int], tuple[Theme, ...]]]] = {
    "en": ((1440, 900), ("light", "dark")),
    "ja": ((390, 844), ("dark",)),
}
#: Narrower than this is a phone, in pixels, as the style says.
PHONE: Final = 640
PALETTES: Final = {"light": LIGHT, "dark": DARK}
SIZES: Final = ((1920, 1080), (1280, 720), (1024, 768), (390, 844))
#: What axe looks for: WCAG 2.2 AA, and what of it another theme can change.
RULES: Final = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
RULES_OF_COLOUR: Final = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
AXE: Final = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


#: What Streamlit draws itself and offers no way to change, each by its selector and rule alone.
NOT_OURS: Final[dict[str, str]] = {}

#: What is on the page while Python draws it, or while the browser loads what draws a part of it.
UNFINISHED: Final = "[data-testid=stApp][data-test-script-state=running], [data-testid=stSkeleton]"
#: Where Streamlit sends what it draws, and what it sends when all of that is sent.
STREAM: Final = "/_stcore/stream"
DRAWN: Final = ForwardMsg(session_status_changed=SessionStatus()).SerializeToString()
#: Goes to an address as Back does; Streamlit draws its page in the place of the one before.
GO_ON: Final = """
(address) => {
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}
"""
A_FRAME: Final = """
() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
"""
#: Tells whether the page has a background and its charts have labels of a colour, and no colour is
#: on its way to another one.
PAINTED: Final = """
([background, label]) => {
  const shown = (colour) => {
    const probe = document.createElement("i");
    probe.style.color = colour;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const app = document.querySelector(".stApp") ?? document.body;
  const labels = [...document.querySelectorAll("svg.marks .role-axis-label text")];
  return getComputedStyle(app).backgroundColor === shown(background) &&
    labels.every((each) => getComputedStyle(each).fill === shown(label)) &&
    !document.getAnimations().some((each) => each instanceof CSSTransition);
}
"""
#: Returns what is cut off or reaches out of the page, with how far, in pixels.
CUT_OFF: Final = """
() => {
  const found = [];
  const main = document.querySelector(".stMain") ?? document.documentElement;
  const sideways = Math.max(main.scrollWidth - main.clientWidth,
                            document.documentElement.scrollWidth - innerWidth);
  if (sideways > 0) found.push(`the page scrolls ${sideways} sideways`);
  const ours = "[class^='cp-'], [class*=' cp-'], .stButton button, .stSelectbox label, h1, h2";
  for (const element of document.querySelectorAll(ours)) {
    const style = getComputedStyle(element);
    const inside = ".cp-hidden, .cp-scroll, .cp-map-window"; // these scroll by themselves
    if (!element.checkVisibility() || element.closest(inside)) continue;
    const box = element.getBoundingClientRect();
    const texts = [...element.childNodes].filter(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim(),
    );
    if (!box.width || !texts.length) continue;
    if (box.right > innerWidth + 1 || box.left < -1)
      found.push(`${element.className}: ${element.textContent.trim().slice(0, 40)} reaches out`);
    const cuts = style.overflowX !== "visible" && style.textOverflow !== "ellipsis";
    if (cuts && element.scrollWidth > element.clientWidth + 1)
      found.push(`${element.className}: ${element.textContent.trim().slice(0, 40)} is cut off`);
  }
  for (const text of document.querySelectorAll("svg.marks text")) {
    const [box, chart] = [text, text.closest("svg")].map((each) => each.getBoundingClientRect());
    if (text.checkVisibility() && (box.right > chart.right + 1 || box.left < chart.left - 1))
      found.push(`of a chart: ${text.textContent.slice(0, 40)} is cut off`);
  }
  const bar = document.querySelector(".st-key-bar");
  if (bar && innerWidth < 640) {
    const middles = [...bar.children].map((each) => each.getBoundingClientRect())
      .filter((box) => box.height).map((box) => box.top + box.height / 2).sort((a, b) => a - b);
    const rows = middles.filter((middle, place) => !place || middle - middles[place - 1] > 12);
    if (rows.length > 2) found.push(`the bar has ${rows.length} rows`);
  }
  return found;
}
"""
#: Tells whether the bar marks the link of the page itself, where it has one, and shows it.
OWN_LINK_IS_SHOWN: Final = """
() => {
  const pages = document.querySelector(".st-key-pages");
  if (!pages || location.pathname.endsWith("/plan")) return true;
  const marked = pages.querySelectorAll("[aria-current=page]");
  if (marked.length !== 1) return false;
  const [link, shown] = [marked[0], pages].map((each) => each.getBoundingClientRect());
  return link.left >= shown.left - 1 && link.right <= shown.right + 1;
}
"""
#: Returns every text that is read on the page, seen or told by a screen reader.
TEXTS: Final = """
() => {
  const found = [document.title];
  const skipped = (element) =>
    element?.closest(
      "script, style, noscript, pre, code, [lang=en], [data-testid=about], " +
        "[data-testid=stSkipToContent], [data-testid=stIconMaterial]",
    );
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, textContent } = walker.currentNode;
    if (!skipped(parentElement)) found.push(textContent);
  }
  for (const element of document.querySelectorAll(
    "[class*=cp-], .stHtml *, .stVegaLiteChart *, .stSelectbox *, .stTooltipIcon *, " +
      ".stFileUploader *",
  ))
    for (const name of ["title", "aria-label", "placeholder", "alt"])
      if (!skipped(element) && element.getAttribute(name)) found.push(element.getAttribute(name));
  return found;
}
"""
#: Names, and what Python says: the same in every language; and what Streamlit says of a date, in
#: the language of the browser.
DATA: Final = re.compile(
    r"^Selected Date: .*|python-\d+|%cellpulse|"
    r"s\d\d|\d\d[-_]\w+|NameError|name '…?x?' is not defined|Cellpulse|"
    r"CELLPULSE_\w+|JupyterLab|Python|Watwin"
    r"|UTF-8|Shift_JIS|(?i:ipynb|zip)|TXT|JupyterHub"
    r"|Redis|PostgreSQL|InfluxDB|API|cellpulse rejected list"
    r"|Asia/Tokyo|(?<![A-Za-z])(ada|ben)(?![A-Za-z])"
    r"|student_id|name、section、seat"
    r"|name '…'?…|loops|Parquet|CSV|ProgSnap2|xAPI|PDF|HTML|JST|yyyy"
)
ENGLISH: Final = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture
def show(page: Page, dashboard: str, made_up: Any, ingest: Any) -> Callable[[View, str], None]:
    """Return a function that opens a page in a language.

    From a page of the same class one goes on as by Back, without loading all of it anew.
    """
    page.set_default_timeout(60_000)
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: STREAM in socket.url and sockets.append(socket))
    before: View | None = None

    def show(view: View, language: str) -> None:
        nonlocal before
        goes_on, before = before is not None and view.follows(before), view
        if goes_on:
            with sockets[-1].expect_event("framereceived", lambda frame: frame == DRAWN):
                page.evaluate(GO_ON, view.address)
            page.evaluate(A_FRAME)
        else:
            ingest.hang_up()
            page.context.clear_cookies()
            page.context.add_cookies([{"name": COOKIE, "value": language, "url": dashboard}])
            view.of(made_up)
            sign = "&" if "?" in view.address else "?"
            token = f"{sign}token={view.token}" if view.token else ""
            page.goto(f"{dashboard}{view.address}{token}", wait_until="commit")
        size = page.viewport_size
        assert size is not None
        drawn = view.on_phone if view.on_phone and size["width"] < PHONE else view.drawn
        expect(page.locator(drawn).first).to_be_visible(timeout=30_000)
        if view.then is not None:
            view.then(made_up, ingest)
            expect(page.locator(view.changed).first).to_be_visible(timeout=30_000)
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.wait_for_function(f"!document.querySelector('{UNFINISHED}')")

    return show


def _paint(page: Page, theme: Theme) -> None:
    """Let the browser prefer a theme, and wait until the open page has it."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    colours = PALETTES[theme]
    page.wait_for_function(PAINTED, arg=[colours.background, colours.muted])


def _violations(page: Page, only: dict[str, Any]) -> list[str]:
    """Return what axe finds that is ours, by its rules or by some of them."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    result = page.evaluate(
        "runOnly => axe.run({ runOnly, resultTypes: ['violations'], preload: false })", only
    )
    found = []
    for violation in result["violations"]:
        for node in violation["nodes"]:
            target = " ".join(map(str, node["target"]))
            excused = any(
                rule == violation["id"] and re.search(selector, node["html"])
                for selector, rule in NOT_OURS.items()
            )
            if not excused:
                found.append(f"{violation['id']} at {target}: {node['failureSummary']}")
    return found


@pytest.mark.timeout(900)
@pytest.mark.own_tab
@pytest.mark.parametrize("language", ARRIVALS)
def test_every_page_is_accessible_whole_and_in_one_language(
    page: Page, show: Callable[[View, str], None], language: str
) -> None:
    """By axe in both themes; no sideways scroll; no word left in English; nothing blocked."""
    wrong: list[str] = []

    def note_blocked(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(f"{page.url}: {message.text}")

    page.on("console", note_blocked)
    (width, height), themes = ARRIVALS[language]
    for view in VIEWS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=themes[0], reduced_motion="reduce")
        try:
            show(view, language)
        except AssertionError as error:  # the other pages are looked at all the same
            wrong.append(f"{view.name}: not drawn: {error}")
            continue
        wrong += _hidden_link(page, view)
        for theme, rules in zip(themes, (RULES, RULES_OF_COLOUR), strict=False):
            _paint(page, theme)
            _take_picture(page, f"{view.name}-{language}-{theme}-{width}")
            wrong += [f"{view.name} {theme}: {each}" for each in _violations(page, rules)]
        if language != "en":
            left = [text for text in page.evaluate(TEXTS) if ENGLISH.search(DATA.sub("", text))]
            wrong += [f"{view.name}: in English: {text.strip()[:80]!r}" for text in left]
        wrong += _cut_off(page, view, f"{language}-{themes[-1]}")
    assert not wrong, "\n".join(wrong)


def _hidden_link(page: Page, view: View) -> list[str]:
    """Return what is wrong with the link of the page itself in the bar."""
    try:
        page.wait_for_function(OWN_LINK_IS_SHOWN, timeout=30_000)
    except PlaywrightTimeoutError:
        return [f"{view.name}: the bar does not show the page's own link as such"]
    return []


def _cut_off(page: Page, view: View, shown: str) -> list[str]:
    """Return what is cut off at each size."""
    found: list[str] = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        try:
            page.wait_for_function(f"() => ({CUT_OFF})().length === 0", timeout=5_000)
        except PlaywrightTimeoutError:
            found += [f"{view.name} {width}: {each}" for each in page.evaluate(CUT_OFF)]
        _take_picture(page, f"{view.name}-{shown}-{width}")
    return found


def _take_picture(page: Page, name: str) -> None:
    """Keep a picture of all of the page where somebody asked for them: they take a while."""
    folder = os.environ.get("CELLPULSE_SCREENSHOTS")
    if folder is None:
        return
    size = page.viewport_size
    assert size is not None
    tall = page.evaluate("(document.querySelector('.stMain') ?? document.body).scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], tall)})
    Path(folder).mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(folder) / f"{name}.png")
    page.set_viewport_size(size)


@pytest.mark.own_tab
def test_a_language_is_chosen_in_the_bar_and_is_not_in_the_link(
    page: Page, show: Callable[[View, str], None]
) -> None:
    """The choice leads back to the same view, and a reload keeps it; the address tells nothing."""
    [view] = [view for view in VIEWS if view.name == "student"]
    show(view, "en")
    expect(page.get_by_role("link", name="EN", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    address = page.url
    page.get_by_role("link", name="日本語").click()
    for _ in range(2):
        expect(page.locator("html")).to_have_attribute("lang", "ja", timeout=60_000)
        expect(page.get_by_test_id("facts")).to_contain_text("取り組み時間", timeout=60_000)
        assert page.url == address
        page.reload()
    page.context.clear_cookies(name=COOKIE)
    page.reload()  # as a colleague whose browser asks for English opens the same link
    expect(page.get_by_test_id("facts")).to_contain_text("Time on task", timeout=60_000)
    expect(page.locator("html")).to_have_attribute("lang", "en", timeout=60_000)
