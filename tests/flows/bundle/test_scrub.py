"""Names and other traces of people are taken out of texts, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.bundle.names import KnownNames
from flows.bundle.scrub import Scrubber, names_in_addresses

IDS = [
    *("ana.lima", "José García", "李小明", "김철수", "Анна Петрова", "lima-07", "u123456", "أحمد"),
    *("O'Neil", "müller.jörg", "s12", "王", "山田太郎", "สมชาย ใจดี", "12"),
]


def scrubber_of(ids: list[str], k: int = 5) -> Scrubber:
    names = KnownNames()
    names.add_ids(ids, k)
    return Scrubber(names)


@pytest.fixture(scope="module")
def scrubber() -> Scrubber:
    return scrubber_of(IDS)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Ana Lima's code", "[name]'s code"),
        ("analima, ALIMA: LimaAna", "[name]: [name]"),
        ("anaLimaError in my_ana_2", "[name]Error in my_[name]_2"),
        ("anaconda, banana, limabean", "anaconda, banana, limabean"),
        ("JOSE garcia", "[name]"),
        ("Jose\u0301", "[name]"),
        ("A\u200bna and \uff21\uff4e\uff41", "[name] and [name]"),
        ("我是李小明的朋友小明", "我是[name]的朋友[name]"),
        ("김철수가 철수", "[name]가 [name]"),
        ("山田さん、太郎", "[name]さん、[name]"),
        ("นายสมชายพูด", "นาย[name]พูด"),
        ("АННА и петрова", "[name] и [name]"),  # noqa: RUF001 - Cyrillic is meant
        ("هذا أحمد هنا", "هذا [name] هنا"),
        ("O\u2019Neil, oneil", "[name]"),
        ("Mueller, Muller; MÜLLER. joerg", "[name]; [name]"),
        ("王 is here, 国王 is not", "[name] is here, 国王 is not"),
        ("lima_07, s12 + s 12", "[name] + s 12"),
        ("u123456 is U123456", "[name] is [name]"),
        ("12 and 1.2", "12 and 1.2"),
        ("/home/anyone/x.py", "/home/[user]/x.py"),
        ("home/anyone/01.ipynb", "home/[user]/01.ipynb"),
        (r"C:\Users\Any One\x.py", r"C:\Users\[user]\x.py"),
        (r"C:\\Users\\anyone\\x", r"C:\\Users\\[user]\\x"),
        ("/Users/anyone is not in /tmp/x", "/Users/[user] is not in /tmp/x"),
        ("any.one@uni.edu, a@b.T", "[email], a@b.T"),
        ("see https://example.org/~any?q=1 now", "see [url] now"),
        ("git@example.org:any/x.git", "[url]"),
        ("example.org/any", "[url]"),
        ("+49 (170) 123-4567 or 10.1.2.3", "[number] or [number]"),
        ("on 2026-03-02 at 9", "on [number] at 9"),
        ("matriculation 1234567", "matriculation [number]"),
        ("mac 00:1a:2b:3c:4d:5e", "mac [number]"),
        ("password = 'hunter2'; API_KEY=x1", "password = [token]; API_KEY=[token]"),
        ("ghp_0123456789abcdefABCD", "[token]"),
        ("eyJhbGciOi.JIUzI1NiJ9.abc", "[token]"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id [token]"),
        ("# Author: Some One\nx = 1", "# Author: [name]\nx = 1"),
        ("calculate_mean_of_column_values", "calculate_mean_of_column_values"),
        ("[1, 2, 3, 4, 5, 6, 7, 8]", "[1, 2, 3, 4, 5, 6, 7, 8]"),
        ("name 'foo' is not defined", "name 'foo' is not defined"),
        ("numpy/core.py, line 17", "numpy/core.py, line 17"),
    ],
)
def test_what_leads_back_is_taken_out_and_nothing_else(
    scrubber: Scrubber, text: str, clean: str
) -> None:
    """Names in every spelling, addresses, numbers and keys go; ordinary words stay."""
    assert scrubber.text(text) == clean


def test_a_path_is_read_as_it_is_meant(scrubber: Scrubber) -> None:
    """Percent-encoded characters hide no name, and copies of one notebook become one."""
    assert scrubber.path("Jos%C3%A9%20Garc%C3%ADa/01.ipynb") == "[name]/01.ipynb"
    assert scrubber.path("home/ana/01.ipynb") == scrubber.path("home/xyz/01.ipynb")


def test_what_most_ids_have_in_common_is_no_name() -> None:
    """The word in `student-07` is none; a family name that some share is one."""
    ids = [f"student-{n:02}" for n in range(20)] + ["eva.kim", "jin.kim"]
    scrubber = scrubber_of(ids, k=5)
    assert scrubber.text("student 3 of Kim, student-03") == "student 3 of [name]"


def test_the_host_of_an_address_is_no_name() -> None:
    """Who is called by an e-mail address is found by what stands before the @."""
    scrubber = scrubber_of(["ana.lima@uni.edu"])
    assert scrubber.text("uni of Lima, edu ana@x") == "uni of [name], edu [name]@x"


def test_texts_tell_names_by_themselves() -> None:
    """Who has a home folder or an address with two parts is known from then on."""
    texts = ["/home/alima/x", "/home/jovyan/x", "to ana.l@uni.edu or info@x.org", r"C:\Users\A B\x"]
    assert names_in_addresses(texts) == {"alima", "ana.l", "A B"}


SCRIPTS = {
    "Latin": st.characters(min_codepoint=0x61, max_codepoint=0x7A),
    "accents": st.sampled_from("áàâäãåçéèêëíïñóôöøúüýžšłđœæß"),
    "Greek": st.sampled_from("αβγδεζηθικλμνξοπρστυφχψω"),
    "Cyrillic": st.sampled_from("абвгдежзиклмнопрстуфхцчшщыьэюя"),
    "Hebrew": st.sampled_from("אבגדהוזחטיכלמנסעפצקרשת"),
    "Arabic": st.sampled_from("ابتثجحخدذرزسشصضطظعغفقكلمنهوي"),
    "Devanagari": st.sampled_from("अआइकखगचजतदनपबमयरलवशसह"),
    "Han": st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    "Hangul": st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
    "Kana": st.sampled_from("アイウエオカキクケコサシスセソタチツテトナニヌネノ"),
    "Thai": st.sampled_from("กขคงจชซญดตถทนบปผพมยรลวสหอ"),
}
WORDS = st.sampled_from(sorted(SCRIPTS)).flatmap(
    lambda script: st.text(SCRIPTS[script], min_size=3, max_size=8)
)
SPELLED = st.sampled_from([str, str.upper, str.title, str.casefold])
AROUND = st.sampled_from(["", " ", "'", "_", "(", "/", "-", "7", ".", "\n", "“", "=", "、"])


@given(
    first=WORDS, last=WORDS, glue=st.sampled_from([".", " ", "_", "-", ""]), spell=SPELLED,
    before=AROUND, after=AROUND, between=st.sampled_from([" ", ".", "_", ", ", " and ", "/"]),
)  # fmt: skip
def test_no_known_name_is_left(
    first: str, last: str, glue: str, spell: object, before: str, after: str, between: str
) -> None:
    """Whatever the script, the case and what stands around: no part of an id is left."""
    assert callable(spell)
    scrubber = scrubber_of([f"{first}{glue}{last}"])
    text = f"x {before}{spell(first)}{between}{spell(last)}{after} y {spell(first + glue + last)}"
    clean = scrubber.text(text).casefold()
    parts = [first + glue + last] + ([first, last] if glue else [])
    left = [part for part in parts if part.casefold() in clean.replace("[name]", "")]
    assert left == []
    assert clean.startswith("x ")


@given(st.text(max_size=300))
def test_any_text_can_be_scrubbed(text: str) -> None:
    """No text is refused, and what was scrubbed once stays as it is."""
    scrubber = scrubber_of(IDS)
    clean = scrubber.text(text)
    assert scrubber.text(clean) == clean


@pytest.mark.parametrize(
    "unit", ["a.", "a-", "a@", "/home/a ", "token", "a_1", "1 ", "http://", "[name]", "小", "eyJ."]
)
def test_the_longest_texts_take_no_more_than_their_length(scrubber: Scrubber, unit: str) -> None:
    """A text made to be slow is scrubbed like another: its patterns do not look back and forth."""
    assert scrubber.text((unit * 20_000)[:20_000]) is not None
