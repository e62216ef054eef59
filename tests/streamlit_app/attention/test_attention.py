"""The cards of the Live page: who needs a person, and which failure is shared."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import streamlit_app.app
from analytics.attention.examples import ATTENTION, ERROR_CLUSTERS
from analytics.attention.responses import ClusterMessage, Mark, Thresholds
from streamlit_app import session
from streamlit_app.attention import acts, thresholds
from streamlit_app.class_view.failures import filter_key
from streamlit_app.page_parts import refusal
from tests.streamlit_app.made_up_class import COURSE

APP = Path(streamlit_app.app.__file__)


@pytest.fixture(autouse=True)
def _an_instructor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api_url: str) -> None:
    """The gate has let an instructor in."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CELLPULSE_API_URL", api_url)
    monkeypatch.setattr(session, "token", lambda: "read-token-of-the-instructor")


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def field(name: str, shown: object) -> str:
    """Return the key of the field of a threshold that shows a number."""
    return f"threshold_{name}_{shown}/{COURSE}"


def text_of(app: AppTest) -> str:
    return "".join(block.body for block in app.html)


def needy(*names: str) -> list[Any]:
    [example] = ATTENTION.students
    since = datetime.now(UTC) - timedelta(minutes=4)
    return [example.model_copy(update={"student_id": name, "since": since}) for name in names]


def map_of(app: AppTest) -> Any:
    (found,) = (each for each in app.get("bidi_component") if "class_map" in each.key)
    return json.loads(found.proto.json)


def failure(*at_it: str, past: tuple[str, ...] = (), **fields: Any) -> Any:
    """Return a failure that some are at, and others got past."""
    [example] = ERROR_CLUSTERS.clusters
    [one] = example.who
    who = [
        one.model_copy(
            update={"student_id": name, "past_at": one.past_at if name in past else None}
        )
        for name in (*at_it, *past)
    ]
    return example.model_copy(update={"who": who, "students": len(who)} | fields)


def test_nobody_is_said_in_words(made_up: Any) -> None:
    """An empty list is a sentence, not an empty box."""
    made_up.run("Vole")
    text = text_of(opened())
    assert 'data-testid="nobody"' in text
    assert "No failure is shared right now." in text


def test_each_person_has_the_reasons_in_words(made_up: Any) -> None:
    """Name, place, how sure, since when and why; what students wrote is only text."""
    made_up.run("Vole")
    made_up.needy = needy("Zoë & <co>")
    text = text_of(opened())
    assert "Same NameError 6 times in 4 minutes; 3 of 28 others had it" in text
    assert '<b>Zoë &amp; &lt;co&gt;</b> <span class="cp-chip">2.1</span>' in text
    assert '<span class="cp-since">4 min</span>' in text
    assert '<span class="cp-muted">likely</span>' in text
    assert "student=Zo%C3%AB+%26+%3Cco%3E" in text
    assert 'class="cp-hand"' not in text


def test_a_raised_hand_stands_beside_the_name(made_up: Any) -> None:
    """How long it has been up comes first; the reason in words is the next one, if there is one."""
    made_up.run("Vole")
    [ada, bob] = needy("ada", "bob")
    hand = ada.reasons[0].model_copy(
        update={
            "code": "hand_up",
            "text": "hand up for 9 minutes",
            "values": {"minutes": 9.0},
            "since": datetime.now(UTC) - timedelta(minutes=9),
        }
    )
    made_up.needy = [
        ada.model_copy(update={"reasons": [hand, *ada.reasons, *ada.reasons]}),
        bob.model_copy(update={"reasons": [hand]}),
    ]
    app = opened()
    text = text_of(app)
    assert text.count('<span class="cp-hand">hand up</span>') == 2
    assert text.count('<span class="cp-since">waiting 9 min</span>') == 2
    assert "<span>Same NameError 6 times" in text
    assert "+1 reason" in [each.proto.popover.label for each in app.get("popover")]
    assert text.count("<li>Same NameError 6 times") == 2
    assert text.count('data-testid="reasons"') == 1
    assert "<span>Hand up for 9 minutes</span>" in text
    assert "<dt>hands up</dt><dd>2</dd>" in text


def test_a_question_is_quoted_with_the_place_in_the_queue(made_up: Any) -> None:
    """In the student's own words, and only as text; where the roster knows it, with the seat."""
    made_up.run("ada")
    made_up.seats = {"ada": "B4"}
    [ada] = needy("ada")
    since = datetime.now(UTC) - timedelta(minutes=2)
    hand = ada.reasons[0].model_copy(update={"code": "hand_up", "since": since})
    told = {"reasons": [hand], "help_message": 'Why "<i>"?\n', "help_place": 1}
    made_up.needy = [ada.model_copy(update=told), ada.model_copy(update={"student_id": "bob"})]
    app = opened()
    text = text_of(app)
    assert text.count('data-testid="question"') == 1
    assert "<q>Why &quot;&lt;i&gt;&quot;?</q>" in text
    assert "waiting 2 min · place 1</span>" in text
    assert text.count("seat B4") == 1
    assert [each["seat"] for each in map_of(app)["students"]] == ["B4"]


def test_five_are_shown_and_the_rest_is_counted(made_up: Any) -> None:
    """More can't be walked to; in the map all of them are tinted."""
    for name in "abcdefgh":
        made_up.run(name)
    made_up.needy = needy(*"abcdefg")
    app = opened()
    assert text_of(app).count('data-testid="person"') == 5
    assert "and 2 more" in text_of(app)
    assert [each["id"] for each in map_of(app)["students"] if each["needs"]] == list("abcdefg")


def test_who_is_snoozed_is_off_the_list_and_can_come_back(made_up: Any) -> None:
    """The button tells the server, and everybody sees until when."""
    made_up.run("Vole")
    made_up.needy = needy("ada", "bob")
    app = opened()
    app.button(key="snooze_ada").click().run()
    assert not app.exception
    assert made_up.snoozes.keys() == {"ada"}
    text = text_of(app)
    assert text.count('data-testid="person"') == 1
    assert "snoozed until" in text
    app.button(key="undo_ada").click().run()
    assert made_up.snoozes == {}
    assert text_of(app).count('data-testid="person"') == 2


def test_an_instructor_changes_from_when_on_someone_is_listed(made_up: Any) -> None:
    """A number, an emptied field and the way back to the defaults reach the server."""
    made_up.run("Vole")
    app = opened()
    app.text_input(key=field("failed_runs", 6)).set_value(" 9 ")
    app.text_input(key=field("idle_minutes", 12)).set_value("")
    _button(app, "Use these").click().run()
    assert not app.exception
    assert made_up.thresholds == Thresholds(failed_runs=9, idle_minutes=None)
    assert app.text_input(key=field("failed_runs", 9)).value == "9"
    assert app.text_input(key=field("idle_minutes", "")).value == ""
    _button(app, "As by default").click().run()
    assert made_up.thresholds == Thresholds()


@pytest.mark.parametrize("text", ["1", "many", "2.5", "1001", "-3"])
def test_a_threshold_that_makes_no_sense_is_named(made_up: Any, text: str) -> None:
    """What is no number of the right size is told with its name, and changes nothing."""
    made_up.run("Vole")
    app = opened()
    app.text_input(key=field("failed_runs", 6)).set_value(text)
    _button(app, "Use these").click().run()
    assert not app.exception
    assert "“Failed runs” takes 2 to 1000, or nothing" in text_of(app)
    assert made_up.thresholds == Thresholds()


def test_thresholds_that_are_not_taken_are_told(made_up: Any) -> None:
    """While the API is away the change is refused in a sentence, and nothing changes."""
    made_up.run("Vole")
    app = opened()
    made_up.api_is_away = True
    _button(app, "As by default").click().run()
    made_up.api_is_away = False
    assert not app.exception
    assert made_up.thresholds == Thresholds()
    assert 'data-testid="notice"' in text_of(app)


def test_a_colleagues_other_thresholds_stay(made_up: Any) -> None:
    """Only what one changed is set; what both changed is looked at first."""
    made_up.run("Vole")
    app = opened()
    made_up.thresholds = Thresholds(failed_runs=9)
    app.text_input(key=field("idle_minutes", 12)).set_value("20")
    _button(app, "Use these").click().run()
    assert made_up.thresholds == Thresholds(failed_runs=9, idle_minutes=20)
    made_up.thresholds = of_colleague = Thresholds(failed_runs=8, idle_minutes=20)
    app.text_input(key=field("failed_runs", 9)).set_value("7")
    _button(app, "Use these").click().run()
    assert made_up.thresholds == of_colleague
    assert str(thresholds.CHANGED) in text_of(app)
    assert app.text_input(key=field("failed_runs", 8)).value == "8"
    made_up.thresholds = of_colleague = Thresholds(silent_minutes=30)
    _button(app, "As by default").click().run()
    assert made_up.thresholds == of_colleague


def test_a_refusal_is_of_the_course_in_which_it_was_said(made_up: Any) -> None:
    """Another course that is chosen while it is read says nothing of it, nor has what was typed."""
    made_up.run("Vole")
    made_up.courses = [*made_up.courses, "other"]
    app = opened()
    app.text_input(key=field("failed_runs", 6)).set_value("many")
    _button(app, "Use these").click().run()
    assert "“Failed runs” takes" in text_of(app)
    app.query_params["course"] = "other"
    app.run()
    assert "“Failed runs” takes" not in text_of(app)
    values = [each.value for each in app.text_input if "failed_runs" in each.key]
    assert values == ["6"]


def test_thresholds_that_came_while_one_set_them_are_looked_at_first(made_up: Any) -> None:
    """The fields that one filled are gone from the page by then."""
    made_up.run("Vole")
    script = f"""
from analytics.attention.responses import Thresholds
from streamlit_app.attention import thresholds
thresholds._use({COURSE!r}, {{"failed_runs": "threshold_gone"}}, Thresholds())
thresholds.CHANGES.say_refusal()
"""
    app = AppTest.from_string(script, default_timeout=30).run()
    assert not app.exception
    assert str(thresholds.CHANGED) in text_of(app)
    assert made_up.thresholds == Thresholds()


def _button(app: AppTest, label: str) -> Any:
    [button] = [button for button in app.button if button.label == label]
    return button


def test_everybody_sees_who_is_on_the_way_and_each_step_can_be_undone(made_up: Any) -> None:
    """Going keeps the card, helped ends it; undo and "Not going" go back one step each."""
    made_up.run("Vole")
    made_up.needy = needy("ada")
    app, colleague = opened(), opened()
    app.button(key="going_ada").click().run()
    colleague.run()
    for each in (app, colleague):
        assert "Somebody is on the way, 0 s" in text_of(each)
        assert {button.key for button in each.button} >= {"helped_ada", "back_ada"}
    colleague.button(key="helped_ada").click().run()
    assert 'data-testid="nobody"' in text_of(colleague)
    assert "helped 0 s ago" in text_of(colleague)
    colleague.button(key="undo_ada").click().run()
    assert "on the way" in text_of(colleague)
    colleague.button(key="back_ada").click().run()
    assert "on the way" not in text_of(colleague)
    assert made_up.marks == {"ada": []}


def _mark(made_up: Any, kind: Any, by: str) -> Mark:
    mark = Mark(mark=kind, at=datetime.now(UTC), by=by)
    made_up.marks.setdefault("ada", []).append(mark)
    return mark


@pytest.mark.parametrize(
    ("clicks", "kind", "back"),
    [(["going"], "going", "back"), (["going", "helped"], "helped", "undo")],
)
def test_what_is_taken_back_is_what_this_page_marked(
    made_up: Any, clicks: list[str], kind: str, back: str
) -> None:
    """A colleague's later mark stays; what the card shows then can be taken back on purpose."""
    made_up.run("Vole")
    made_up.needy = needy("ada")
    app = opened()
    for each in clicks:
        app.button(key=f"{each}_ada").click().run()
    *earlier, _ = made_up.marks["ada"]
    of_grace = _mark(made_up, kind, "grace")
    app.run()
    app.button(key=f"{back}_ada").click().run()
    assert made_up.marks["ada"] == [*earlier, of_grace]
    app.button(key=f"{back}_ada").click().run()
    assert made_up.marks["ada"] == earlier


def test_what_this_page_marked_long_ago_is_not_taken_back(
    made_up: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds no longer, and was help; what the card shows is a colleague's."""
    made_up.run("Vole")
    made_up.needy = needy("ada")
    app = opened()
    app.button(key="going_ada").click().run()
    [own] = made_up.marks["ada"]
    _mark(made_up, "going", "grace")
    monkeypatch.setattr(acts, "_MARK_HOLDS", timedelta(0))
    app.run()
    app.button(key="back_ada").click().run()
    assert made_up.marks["ada"] == [own]


def test_names_that_are_hidden_meanwhile_do_not_change_whose_mark_is_taken_back(
    made_up: Any,
) -> None:
    """The own one, which was made while they were shown."""
    made_up.run("ada")
    made_up.needy = needy("ada")
    app = opened()
    app.button(key="going_ada").click().run()
    of_grace = _mark(made_up, "going", "grace")
    app.query_params["projector"] = "1"
    app.run()
    [back] = [each for each in app.button if each.label == "Not going"]
    back.click().run()
    assert made_up.marks["ada"] == [of_grace]


def test_a_click_means_whom_it_named_when_it_was_drawn(made_up: Any) -> None:
    """Its turn comes when names are shown again, by which the alias is nobody's."""
    made_up.run("ada")
    made_up.needy = needy("ada")
    app = opened(projector="1")
    [going] = [each for each in app.button if each.label == "I am going"]
    assert "ada" not in going.key
    del app.query_params["projector"]
    going.click().run()
    assert [each.mark for each in made_up.marks["ada"]] == ["going"]


def test_a_mark_that_a_colleague_took_back_is_not_mistaken_for_another(made_up: Any) -> None:
    """What the card shows is taken back, and no mark that came since; it is said in words."""
    made_up.run("Vole")
    made_up.needy = needy("ada")
    _mark(made_up, "going", "alan")
    app = opened()
    made_up.marks["ada"].clear()
    of_grace = _mark(made_up, "going", "grace")
    app.button(key="back_ada").click().run()
    assert made_up.marks["ada"] == [of_grace]
    assert "somebody else has taken it back" in text_of(app)
    assert "grace is on the way" in text_of(app).lower()
    app.button(key="back_ada").click().run()
    assert made_up.marks["ada"] == []


def test_a_change_that_is_not_taken_says_so(made_up: Any) -> None:
    """The card stays, with a sentence about what to do."""
    made_up.run("Vole")
    made_up.needy = needy("ada")
    app = opened()
    made_up.api_is_away = True
    app.button(key="going_ada").click().run()
    assert text_of(app).count("can&#x27;t be had right now") == 1
    assert "That could not be done: a part of Cellpulse does not answer." in text_of(app)
    assert 'data-testid="person"' in text_of(app)


def test_why_a_change_was_not_taken_stays_on_a_page_that_moves(
    made_up: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it was read, or another change is tried."""
    made_up.run("Vole")
    made_up.needy = needy("ada")
    app = opened()

    def is_told() -> bool:
        return 'data-testid="notice"' in text_of(app)

    for _ in range(2):
        made_up.api_is_away = True
        app.button(key="going_ada").click().run()
        made_up.api_is_away = False
        assert is_told()
        app.run()
        assert is_told()
        with monkeypatch.context() as later:
            later.setattr(refusal, "SHOWN_SECONDS", 0)
            app.run()
            assert not is_told()
    app.run()
    assert is_told()
    app.button(key="snooze_ada").click().run()
    assert made_up.snoozes.keys() == {"ada"}
    assert not is_told()


def test_a_shared_failure_says_how_others_got_past_it(made_up: Any) -> None:
    """Failures of one student alone are not shared, so they are not shown."""
    made_up.run("Vole")
    made_up.clusters = [
        failure("ada", past=("bob", "cy"), pattern="only once"),
        failure("ada", "bob", past=("cy",), is_new=False),
        failure("ada", "bob", "dan", got_past=0, minutes_to_get_past=None, pattern="of three"),
    ]
    text = text_of(opened())
    assert "name &#x27;…&#x27; is not defined" in text
    assert "1 got past it, in 2 min and 2 runs" in text
    assert "nobody got past it yet" in text
    assert "3 students in 2 groups" in text
    assert "only once" not in text
    assert text.index("of three") < text.index("name &#x27;…&#x27;")
    assert text.count('<b class="cp-alarm">new</b>') == 1


def test_the_code_that_got_one_past_a_failure_opens_where_it_is_shared(made_up: Any) -> None:
    """So do the messages; they are no hints that only a mouse reaches.

    Without shared code, and where the messages are the pattern, there is nothing to open.
    """
    made_up.run("Vole")
    said = [ClusterMessage(message=f"name '{name}' is not defined", students=1) for name in "<x"]
    alike, same = ([ClusterMessage(message=m, students=2)] for m in ("alike", "same"))
    made_up.clusters = [
        failure("ada", "bob", fixed_code="x = '<b>'", messages=alike, pattern="alike"),
        failure("ada", "bob", fixed_code=None, messages=said),
        failure("ada", "bob", fixed_code=None, messages=same, pattern="same"),
    ]
    app = opened()
    opens = [each.proto.popover.label for each in app.get("popover")]
    assert opens.count("How others got past it") == 1
    assert opens.count("What it says in full") == 1
    text = text_of(app)
    assert text.count('data-testid="more-of"') == 2
    assert "<pre>x = &#x27;&lt;b&gt;&#x27;</pre>" in text
    assert "name &#x27;&lt;&#x27; is not defined\nname &#x27;x&#x27; is not defined</pre>" in text
    assert 'title="x = ' not in text
    assert 'title="name' not in text


def test_a_failure_is_chosen_for_the_course_in_which_it_was_clicked(made_up: Any) -> None:
    """Who has gone on to another course before the click's turn came sees all of that."""
    for name in ("ada", "bob"):
        made_up.run(name)
    made_up.clusters = [shared] = [failure("ada", "bob")]
    made_up.courses = [*made_up.courses, "other"]
    app = opened()
    app.query_params["course"] = "other"
    app.button(key=filter_key(shared)).click().run()
    assert not app.exception
    assert "failure" not in app.query_params


def test_a_click_on_a_failure_shows_its_students_in_the_map(made_up: Any) -> None:
    """The address keeps the choice; a second click, or a failure that is gone, shows everyone."""
    for name in ("ada", "bob", "cy"):
        made_up.run(name)
    shared = failure("ada", "bob", past=("cy",))
    made_up.clusters = [shared]
    app = opened()
    assert len(map_of(app)["students"]) == 3
    app.button(key=filter_key(shared)).click().run()
    assert app.query_params["failure"] == "NameError: name '…' is not defined"
    assert [each["id"] for each in map_of(app)["students"]] == ["ada", "bob"]
    assert map_of(app)["enrolled"] == 3
    assert app.button(key=filter_key(shared)).label == "Show everyone"
    gone = "nobody shares that failure now: everyone is shown"
    assert gone not in text_of(app)
    made_up.clusters = []
    app.run()
    assert len(map_of(app)["students"]) == 3
    assert gone in text_of(app)
    made_up.clusters = [shared]
    app.run()
    assert gone not in text_of(app)
    others = [failure("ada", "bob", "cy", pattern=f"other {number}") for number in range(6)]
    made_up.clusters = [*others, shared]
    app.run()
    assert gone not in text_of(app)
    assert [each["id"] for each in map_of(app)["students"]] == ["ada", "bob"]
    assert text_of(app).count('data-testid="failure"') == 6
    made_up.clusters = others
    app.run()
    assert gone in text_of(app)
    assert text_of(app).count('data-testid="failure"') == 5
    app.button(key="show_everyone").click().run()
    assert "failure" not in app.query_params
    assert gone not in text_of(app)
