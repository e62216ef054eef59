"""Enrolls the students of a roster in a pseudonymous course: their names go to the names alone."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine

from flows.enrollment.enroll import Outcome, enroll
from flows.enrollment.roster import Entry
from flows.pseudonyms.names import Name, Names
from flows.pseudonyms.who import hiding
from flows.settings import WhoIsWhoSettings

_NAME: Final = "display_name"


def enroll_in_any(
    engine: Engine,
    settings: WhoIsWhoSettings,
    course_id: str,
    entries: Mapping[str, Entry],
    *,
    dry_run: bool = False,
) -> Outcome:
    """Enroll students as `enroll` does, in a pseudonymous course under their pseudonyms.

    Raises:
        PseudonymError: The course is pseudonymous, and its key is not here.
        StoreUnavailableError: PostgreSQL, or the store of the names, does not answer.
    """
    hidden = hiding(engine, settings)
    if course_id not in hidden.courses:
        return enroll(engine, course_id, entries, dry_run=dry_run)
    pseudonyms = {student: hidden.stored_id(course_id, student) for student in entries}
    names = Names(settings.names_url)
    known = names.of_course(course_id)
    if not dry_run:
        # First: who is named and not enrolled is in no store yet, so nobody is there nameless.
        names.keep(
            course_id,
            {
                pseudonym: Name(student, _name(entries[student], known.get(pseudonym)))
                for student, pseudonym in pseudonyms.items()
            },
        )
    without = {
        pseudonyms[student]: {name: value for name, value in entry.items() if name != _NAME}
        for student, entry in entries.items()
    }
    outcome = enroll(engine, course_id, without, dry_run=dry_run)
    return _by_own_id(outcome, {value: key for key, value in pseudonyms.items()}, entries, known)


def _name(entry: Entry, known: Name | None) -> str | None:
    """Return the name that a roster says, or the known one where it has no column for it."""
    if _NAME in entry or known is None:
        return entry.get(_NAME)
    return known.display_name


def _by_own_id(
    outcome: Outcome,
    students: Mapping[str, str],
    entries: Mapping[str, Entry],
    known: Mapping[str, Name],
) -> Outcome:
    """Return an outcome with the students' own ids and names."""
    new = {students[each]: entries[students[each]] for each in outcome.new}
    changed = {}
    for pseudonym, student in students.items():
        if pseudonym in outcome.new:
            continue
        entry = entries[student]
        before = dict(outcome.changed[pseudonym][0] if pseudonym in outcome.changed else entry)
        if _NAME in entry:
            name = known.get(pseudonym)
            before[_NAME] = None if name is None else name.display_name
        if before != entry:
            changed[student] = (before, entry)
    return Outcome(
        is_new_course=outcome.is_new_course,
        new=new,
        changed=changed,
        unchanged=len(entries) - len(new) - len(changed),
        others=outcome.others,
    )
