"""What admins look after over HTTP: who is in a course, by rosters."""

import httpx

from tests.analytics.admin.admins import CSV, ROSTER, last_action, last_values


async def test_a_roster_is_looked_at_then_enrolled(admin: httpx.AsyncClient) -> None:
    """The preview changes nothing and names what would change; enrolling does just that."""
    first = "student_id,name,section\ns1,Ada,A\ns2,Bob,A\ns3,Cy,B\n"
    address = ROSTER.format("enrol")
    preview = await admin.post(f"{address}/preview", content=first, headers=CSV)
    assert preview.json()["new"] == 3
    assert preview.json()["is_new_course"] is True
    enrolled = await admin.post(address, content=first, headers=CSV)
    assert enrolled.json() == preview.json()
    assert await last_action(admin) == ("root", "students enrolled", "enrol", "3 new, 0 changed")
    assert await last_values(admin) == {"new": 3, "changed": 0}
    second = "student_id,name,section,email\ns1,Ada,B,x\ns2,Bob,A,y\ns4,Dan,,z\n"
    answer = (await admin.post(f"{address}/preview", content=second, headers=CSV)).json()
    assert {name: answer[name] for name in ("new", "changed", "unchanged", "others")} == {
        "new": 1,
        "changed": 1,
        "unchanged": 1,
        "others": 1,
    }
    assert answer["unread"] == ["email"]
    assert answer["faults"] == []
    assert answer["students"][1] == {
        "student_id": "s1",
        "change": "changed",
        "name": "Ada",
        "section": "B",
        "name_before": "Ada",
        "section_before": "A",
        "seat": None,
        "seat_before": None,
    }
    third = "student_id,section,seat\ns1,B10,C4\ns2,B9,\n"
    await admin.post(address, content=third, headers=CSV)
    moved = await admin.post(f"{address}/preview", content="student_id,seat\ns1,C5\n", headers=CSV)
    [student] = moved.json()["students"]
    assert (student["seat"], student["seat_before"]) == ("C5", "C4")
    courses = (await admin.get("/admin/courses")).json()["courses"]
    named = {each["course_id"]: (each["sections"], each["section_names"]) for each in courses}
    assert named["enrol"] == (3, ["B", "B9", "B10"])


async def test_every_bad_line_of_a_roster_is_named_and_nobody_is_enrolled(
    admin: httpx.AsyncClient,
) -> None:
    """Each fault has its line and what to do; the good lines are shown, and not enrolled."""
    roster = "student_id,name\ns1,Ada\n,Bob\ns3\ns1,Eve\ns5,Fay\n"
    address = ROSTER.format("faulty")
    preview = (await admin.post(f"{address}/preview", content=roster, headers=CSV)).json()
    faults = [(fault["line"], fault["reason"].split(": ")[-1]) for fault in preview["faults"]]
    assert faults == [
        (3, "give the student one, or delete the line"),
        (4, "is a field with a comma or a quote in it not quoted?"),
        (5, "keep one"),
    ]
    assert (preview["new"], preview["fault_count"]) == (2, 3)
    refused = await admin.post(address, content=roster, headers=CSV)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["line 3", "line 4", "line 5"]
    courses = (await admin.get("/admin/courses")).json()["courses"]
    assert "faulty" not in {each["course_id"] for each in courses}


async def test_a_roster_of_another_encoding_is_read_when_it_is_named(
    admin: httpx.AsyncClient,
) -> None:
    """Without it the fault says which line can't be read, and what to choose."""
    roster = "student_id,name\ns1,山田\n".encode("shift_jis")
    address = f"{ROSTER.format('kana')}/preview"
    [fault] = (await admin.post(address, content=roster, headers=CSV)).json()["faults"]
    assert fault["line"] == 2
    assert "say which encoding it is in" in fault["reason"]
    named = await admin.post(address, content=roster, headers=CSV, params={"encoding": "shift_jis"})
    assert named.json()["students"][0]["name"] == "山田"
