"""Aliases in the place of students, and back."""

from typing import Any

import httpx
import pytest

from analytics.class_view.responses import ALIASES, Alias, Aliases
from streamlit_app.api import aliases
from streamlit_app.api.alias_words import LANGUAGES, alias
from streamlit_app.api.aliases import AliasBook
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.api.measures import MeasureQuery

COURSE = "python-101"
#: Aliases 0 and 41.
FIRST, SECOND = "Amber alpaca", "Apricot badger"


@pytest.fixture
def enrolled() -> list[Alias]:
    """Return who is in the course; a test may add others."""
    return [
        Alias(student_id="zoe", display_name="Zoë Müller", number=0),
        Alias(student_id="s7", display_name="山田 花子", number=41),
    ]


@pytest.fixture
def book(enrolled: list[Alias]) -> AliasBook:
    """Return a book that asks for them."""
    return AliasBook(lambda course: Aliases(course_id=course, aliases=enrolled), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_has_words_of_its_own(language: str) -> None:
    """Also those above the number of pairs."""
    words = [alias(number, language) for number in range(2 * ALIASES)]
    assert len(set(words)) == len(words)
    assert words[ALIASES] == f"{words[0]} 2"
    assert max(map(len, words[:ALIASES])) <= 18


def test_no_id_and_no_name_is_left(book: AliasBook) -> None:
    """Neither of a student nor in what a program wrote; a word that only begins so stays."""
    answer: dict[str, Any] = {
        "course_id": COURSE,
        "exercise": "zoe",
        "events": [
            {
                "student_id": "s7",
                "display_name": "山田 花子",
                "seat": "B4",
                "error_message": "/home/Zoe/x.csv: zoes zoë müller, 花子さん s7",
            }
        ],
    }
    assert book.disguised(answer) == {
        "course_id": COURSE,
        "exercise": "zoe",
        "events": [
            {
                "student_id": SECOND,
                "display_name": None,
                "seat": None,
                "error_message": f"/home/{FIRST}/x.csv: zoes {FIRST}, {SECOND}さん s7",
            }
        ],
    }
    assert book.disguised({"courses": [{"course_id": COURSE}]}) == {
        "courses": [{"course_id": COURSE}]
    }


def test_a_name_is_found_in_any_case(enrolled: list[Alias], book: AliasBook) -> None:
    """Also one with a letter that is two in another case, in a code as in a message."""
    enrolled.append(Alias(student_id="jan", display_name="İlker Strauß", number=2))
    [other] = [alias(2, "en")]
    for field in ("error_message", "code", "solved_code"):
        answer = {"course_id": COURSE, field: "# Strauß, STRAUSS, strauss, İlker, ZOË, Jan, Straub"}
        told = f"# {other}, {other}, {other}, {other}, {FIRST}, {other}, Straub"
        assert book.disguised(answer)[field] == told


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Smith, John", "Smith is stuck, John too", "{} is stuck, {} too"),
        ("Dr. Ana (Annie) O'Neil", "Annie says: O'Neil", "{} says: {}"),
        ("山田・太郎", "太郎です", "{}です"),
        ("Jean-Pierre Lévy", "Jean, Le\u0301vy, Jeans", "{}, {}, Jeans"),
        (
            "Alice Jones",
            "hw1_Alice.ipynb alice_score JonesAlice malice",
            "hw1_{}.ipynb {}_score {} malice",
        ),
        ("Jose\u0301 Díaz", "jos\u00e9", "{}"),
        ("José García", "jose_hw1.ipynb, GARCIA, josephine", "{}_hw1.ipynb, {}, josephine"),
        ("Jürgen Müller", "mueller = juergen; Muller", "{} = {}; {}"),
        ("Søren Åkesson", "soren soeren akesson", "{} {} {}"),
        ("İpek Y\u0131lmaz", "ipek, İPEK, YILMAZ, yilmaz, y\u0131lmaz", "{}, {}, {}, {}, {}"),
        ("Iş\u0131k Demir", "iş\u0131k IŞIK \u0131ş\u0131k isik", "{} {} {} {}"),
        ("Irmak", "irmak \u0131rmak IRMAK", "{} {} {}"),
        ("がくと", "かくと", "かくと"),
    ],
)
def test_a_name_is_found_by_each_of_its_words(
    enrolled: list[Alias], book: AliasBook, name: str, text: str, left: str
) -> None:
    """However the roster writes it, and within names of files and variables."""
    enrolled.append(Alias(student_id="u1", display_name=name, number=2))
    told = left.replace("{}", alias(2, "en"))
    for field in ("text", "notebook", "error", "error_name"):
        assert book.disguised({"course_id": COURSE, field: text})[field] == told
    assert book.disguised({"course_id": COURSE, "notebooks": [text]})["notebooks"] == [told]


def test_who_is_called_so_comes_before_who_is_spelled_so(
    enrolled: list[Alias], book: AliasBook
) -> None:
    """Of Jose and José each has their own alias, in whatever order the roster has them."""
    enrolled.append(Alias(student_id="u1", display_name="Jose", number=2))
    enrolled.append(Alias(student_id="u2", display_name="José", number=3))
    told = book.disguised({"course_id": COURSE, "text": "jose josé"})["text"]
    assert told == f"{alias(2, 'en')} {alias(3, 'en')}"


def test_an_id_is_found_as_a_whole(enrolled: list[Alias], book: AliasBook) -> None:
    """Its words are anybody's."""
    enrolled.append(Alias(student_id="student-12", display_name=None, number=2))
    told = book.disguised({"course_id": COURSE, "text": "student-12 and student_12, a student"})
    assert told["text"] == f"{alias(2, 'en')} and student_12, a student"


def test_the_order_of_ids_is_not_told(book: AliasBook) -> None:
    """What comes ordered by id is ordered by alias; who needs a person stays in order of need."""
    by_id = {"course_id": COURSE, "students": [{"student_id": "s7"}, {"student_id": "zoe"}]}
    assert [each["student_id"] for each in book.disguised(by_id)["students"]] == [FIRST, SECOND]
    needy = [{"student_id": student, "reasons": []} for student in ("s7", "zoe")]
    by_need = book.disguised({"course_id": COURSE, "students": needy})
    assert [each["student_id"] for each in by_need["students"]] == [SECOND, FIRST]


def test_who_joins_gets_an_alias_and_a_stranger_never_shows(
    book: AliasBook, enrolled: list[Alias]
) -> None:
    """The aliases are asked for anew when somebody is not among them."""
    answer = {"course_id": COURSE, "student_id": "new"}
    assert book.disguised(answer)["student_id"] == "Someone"
    enrolled.append(Alias(student_id="new", display_name=None, number=1))
    assert book.disguised(answer)["student_id"] == "Apricot alpaca"


def test_a_name_that_the_roster_gets_later_is_hidden_too(
    enrolled: list[Alias], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names are asked for anew once a minute; while they can't be had, those before hold."""
    away = False

    def ask(course: str) -> Aliases:
        if away:
            raise NumbersUnavailableError
        return Aliases(course_id=course, aliases=enrolled)

    book, answer = AliasBook(ask, "en"), {"course_id": COURSE, "text": "Tanaka and Zoë"}
    assert book.disguised(answer)["text"] == f"Tanaka and {FIRST}"
    enrolled[1] = enrolled[1].model_copy(update={"display_name": "Tanaka"})
    assert book.disguised(answer)["text"] == f"Tanaka and {FIRST}"
    monkeypatch.setattr(aliases, "NAMES_SECONDS", -1.0)
    away = True
    assert book.disguised(answer)["text"] == f"Tanaka and {FIRST}"
    away = False
    assert book.disguised(answer)["text"] == f"{SECOND} and {FIRST}"


def test_an_alias_leads_back_in_each_language(book: AliasBook) -> None:
    """So an address that was made in one language opens in the other."""
    for language in LANGUAGES:
        assert book.student(COURSE, alias(41, language)) == "s7"
        assert book.shown(COURSE, alias(41, language)) == SECOND
    assert book.shown(COURSE, "s7") == SECOND
    assert (book.student(COURSE, "nobody"), book.shown(COURSE, "nobody")) == ("nobody", "nobody")


def test_a_client_asks_with_ids_and_answers_with_aliases(api_url: str, made_up: Any) -> None:
    """History, measures, events and marks of an alias are those of the student behind it."""
    made_up.run("zoe", "error")
    made_up.run("s7")
    with httpx.Client(base_url=api_url) as http:
        plain = ApiClient(http, "read-token-of-the-instructor")
        api = ApiClient(http, plain.token, aliases_shown=AliasBook(plain.aliases, "en"))
        assert {each.student_id for each in api.students(COURSE).students} == {FIRST, SECOND}
        assert [each.status for each in api.history(COURSE, FIRST, limit=5).events] == ["error"]
        rows = api.measure(COURSE, "error_rate", MeasureQuery("student", FIRST)).rows
        assert [(row.student_id, row.value) for row in rows] == [(FIRST, 1)]
        found = api.events(COURSE, limit=5, student=SECOND).events
        assert [each.student_id for each in found] == [SECOND]
        api.mark(COURSE, FIRST, "going")
        api.snooze(COURSE, SECOND, minutes=1)
    assert (list(made_up.marks), list(made_up.snoozes)) == (["zoe"], ["s7"])
