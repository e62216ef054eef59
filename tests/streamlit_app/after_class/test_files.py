"""The report as a PDF and as an HTML file."""

import io
import re
from datetime import UTC, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from streamlit_app.after_class.document import document_of
from streamlit_app.after_class.fonts import can_write
from streamlit_app.after_class.names import names_of, shortened
from streamlit_app.after_class.pdf import as_pdf, broken
from streamlit_app.after_class.web_page import as_html
from streamlit_app.language.text import speaking
from tests.streamlit_app.after_class.made_up import HOSTILE, NINE, hand, hostile_report, report

TOKYO = ZoneInfo("Asia/Tokyo")


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def plain(text: str) -> str:
    """Return a text without what may stand between its signs: where lines end is not its matter."""
    return re.sub(r"[\s\u200b\u200e\u200f\u202a-\u202e\x00]", "", text)


def test_of_a_section_both_files_say_which_in_their_title() -> None:
    """Whoever prints the reports of two sections can tell them apart."""
    document = document_of(report().model_copy(update={"section": "B"}), TOKYO)
    reader = PdfReader(io.BytesIO(as_pdf(document)))
    assert reader.metadata is not None
    assert reader.metadata.title == "After class: プログラミング入門 · section B"
    assert plain("プログラミング入門 · section B") in plain(reader.pages[0].extract_text())
    page = as_html(document).decode()
    assert "<h1><bdi>プログラミング入門 · section B</bdi></h1>" in page
    assert "<title>After class: プログラミング入門 · section B</title>" in page


def test_the_pdf_is_one_page_with_every_word_as_text() -> None:
    """Also Japanese ones, in charts too, in a font that is in the file."""
    pdf = as_pdf(document_of(report(), TOKYO))
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    found = plain(text_of(pdf))
    for text in (
        "プログラミング入門",
        "合計を求める",
        "偶数だけ",
        "山田 花子",
        "Ådne Ørsted",
        "2026-04-13, 09:00 to 10:30, times in JST",
        "27 of 30",
        "7 more exercises are registered; nobody worked at them in this session.",
        "Go to Ådne Ørsted next time: the hand was still up at the end.",
        "1776040199412-0",
        "TypeError: unsupported operand type(s)",
    ):
        assert plain(text) in found, text
    assert found.count(plain("山田 花子")) == 2  # in the chart and in the table
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert all("NotoSansCJK" in font for font in fonts), fonts
    assert reader.metadata is not None
    assert reader.metadata.title == "After class: プログラミング入門"


def test_the_report_is_in_the_viewers_language() -> None:
    """Its sentences, tables and charts, in both files."""
    with speaking("ja"):
        document = document_of(report(), TOKYO)
        pdf, html = as_pdf(document), as_html(document).decode("utf-8")
    found = plain(text_of(pdf))
    for text in ("改善できること", "難しかった演習", "誰も来なかった", "参加した受講者"):
        assert text in found, text
        assert text in html, text
    assert '<html lang="ja">' in html
    assert "What to change" not in html


def test_the_same_report_gives_the_same_bytes() -> None:
    """Whenever it is made, and by whatever process."""
    one, other = (document_of(report(), TOKYO) for _ in range(2))
    assert as_pdf(one) == as_pdf(other)
    assert as_html(one) == as_html(other)


def test_no_text_of_people_is_read_as_markup() -> None:
    """Whatever it is, it stands in the PDF as it was written."""
    found = plain(text_of(as_pdf(document_of(hostile_report(), UTC))))
    for text in HOSTILE[:4]:
        assert plain(shortened(text)) in found, text
    for part in ("WWWW", "emoji", "{{report}}{%x%}%s{0}", "abcd"):
        assert part in found
    assert any(letter in found for letter in "שלום")


def test_two_of_one_name_are_two_in_the_report() -> None:
    """In the table, in the chart and in what to change each has the id behind the name."""
    twins = [hand(who, 5, None, display_name="Anna Schmidt") for who in ("s1", "s2")]
    document = document_of(report(help=twins), UTC)
    section = next(each for each in document.sections if each.key == "help")
    both = ["Anna Schmidt (s1)", "Anna Schmidt (s2)"]
    assert [row[0] for row in section.rows] == list(section.frame["who"]) == both
    assert any(", ".join(both) in each for each in document.changes)


@pytest.mark.parametrize(
    ("name", "is_written"),
    [
        ("Nguyễn Văn Đức", True),
        ("山田 花子", True),
        ("김민수", True),
        ("Анна Γιώργος", True),
        ("שלום כהן", True),
        ("محمد علي", True),
        ("สมชาย ใจดี", False),
        ("தமிழ்", False),
        ("Ana 🐍", False),
    ],
)
def test_a_name_that_would_be_empty_boxes_on_paper_has_the_id_behind_it(
    name: str, is_written: bool
) -> None:
    """In the table, in the chart and in what to change; a name that has its letters has none."""
    assert can_write(name) is is_written
    hands = [hand("s1", 5, None, display_name=name), hand("s2", 6, None, display_name="Grace")]
    document = document_of(report(help=hands), UTC)
    section = next(each for each in document.sections if each.key == "help")
    shown = [name if is_written else f"{name} (s1)", "Grace"]
    assert [row[0] for row in section.rows] == list(section.frame["who"]) == shown
    assert any(", ".join(shown) in each for each in document.changes)
    assert text_of(as_pdf(document)).count("s1)") == (0 if is_written else 3)


def test_an_id_stands_behind_a_name_once() -> None:
    """Also where two have the same name, and not where the name is the id."""
    people = [hand(who, 5, None, display_name="สมชาย") for who in ("s1", "s2")]
    named = names_of(report(help=[*people, hand("ใจดี", 6, None)]))
    assert named == {"s1": "สมชาย (s1)", "s2": "สมชาย (s2)", "ใจดี": "ใจดี"}


def test_a_hand_waits_until_somebody_came_or_it_was_taken_down() -> None:
    """Only one that was still up at the end waited until then."""
    down = NINE + timedelta(minutes=8)
    taken_down = hand("s2", 5, None, taken_down_at=down, is_open=False)
    made = report(help=[hand("s1", 5, 7), taken_down, hand("s3", 6, None)])
    section = next(each for each in document_of(made, UTC).sections if each.key == "help")
    ends = {row["who"]: row["until"] for row in section.frame.to_dict("records")}
    assert ends == {
        "s1": (NINE + timedelta(minutes=7)).replace(tzinfo=None),
        "s2": down.replace(tzinfo=None),
        "s3": made.until.replace(tzinfo=None),
    }


def test_no_text_of_people_is_read_as_html() -> None:
    """It stands in the HTML escaped, and there is no script in the file."""
    html = as_html(document_of(hostile_report(), UTC)).decode("utf-8")
    assert "<script" not in html.lower()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;" in html
    shown = plain(unescape(re.sub(r"<[^>]*>", "", html)))
    for text in HOSTILE[:4]:
        assert plain(shortened(text)) in shown, text


def test_the_html_file_needs_nothing_else() -> None:
    """No script, style, font or picture is loaded; each chart has a name."""
    html = as_html(document_of(report(), TOKYO)).decode("utf-8")
    without_names = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert not re.search(r"(src|href)\s*=|url\(|@import|https?:", without_names)
    figures = re.findall(r'<figure role="img" aria-label="([^"]+)"><svg', html)
    assert len(figures) == 5
    assert "@media print" in html
    assert "合計を求める" in html


def test_an_empty_session_is_a_report_of_sentences() -> None:
    """Nothing is drawn of nothing, and each section says what there was not."""
    empty = report(exercises=[], clusters=[], help=[], here=0, runs=0, errors=0)
    stream = empty.stream.model_copy(update={"steps": [], "exercises": []})
    document = document_of(empty.model_copy(update={"stream": stream}), UTC)
    assert all(section.frame.empty and section.notes for section in document.sections)
    assert "<svg" not in as_html(document).decode("utf-8")
    assert plain("Nobody raised a hand") in plain(text_of(as_pdf(document)))


def test_too_much_is_counted_instead_of_listed() -> None:
    """Of a hundred failures and hands the report lists the first ones, and says how many more."""
    one = report()
    many = one.model_copy(update={"clusters": one.clusters * 30, "help": one.help * 30})
    document = document_of(many, UTC)
    rows = {section.key: len(section.rows) for section in document.sections}
    assert (rows["failures"], rows["help"]) == (6, 10)
    assert "84 more are not listed here." in next(
        section.notes for section in document.sections if section.key == "failures"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short words stay", "short words stay"),
        ("W" * 26, "W" * 12 + "\u200b" + "W" * 12 + "\u200b" + "WW"),
        ("合計を求める関数を書いてください", "合計を求める関数を書いてください"),
    ],
)
def test_only_long_words_may_be_broken(text: str, expected: str) -> None:
    """Japanese may be broken anywhere anyway."""
    assert broken(text) == expected
