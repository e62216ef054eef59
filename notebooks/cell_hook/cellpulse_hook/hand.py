"""`%cellpulse help`: a student raises a hand, with a question or without, and takes it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellpulse_hook.hook import Hook

_DONE = ("done", "withdraw")
_QUOTES = (('"', '"'), ("'", "'"), ("\u201c", "\u201d"))


def ask_for_help(hook: Hook, words: str) -> str:
    """Raise the student's hand with a question, or take it down; return what to say to them."""
    if hook.session.paused or not hook.capture.registered or not hook.preferences.recording:
        return (
            "Cellpulse is paused, so nobody would see your hand: %cellpulse resume, then ask again"
        )
    question = _unquoted(words.strip())
    if question.lower() in _DONE:
        hook.capture.record_hand(None)
        return "Your hand is down"
    hook.capture.record_hand(question)
    asked = f', with "{question}"' if question else ""
    return (
        f"Your hand is up{asked}: your instructors see it. %cellpulse me shows your place, "
        "%cellpulse help done takes your hand down"
    )


def _unquoted(words: str) -> str:
    is_quoted = len(words) > 1 and (words[0], words[-1]) in _QUOTES
    return words[1:-1].strip() if is_quoted else words
