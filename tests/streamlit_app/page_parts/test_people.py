"""How the pages call students."""

from streamlit_app.page_parts.people import called


def test_the_roster_s_name_comes_first_and_no_two_are_called_alike() -> None:
    """Without a name it is the id; several with one name have their ids behind it."""
    people = {
        "s1": "Ada Lovelace",
        "s2": " 山田\n花子 ",
        "s3": None,
        "s4": "Anna Schmidt",
        "s5": "anna  schmidt",
        "s6": "s3",
    }
    assert called(people.items()) == {
        "s1": "Ada Lovelace",
        "s2": "山田 花子",
        "s3": "s3",
        "s4": "Anna Schmidt (s4)",
        "s5": "anna schmidt (s5)",
        "s6": "s3 (s6)",
    }
