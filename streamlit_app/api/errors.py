"""Why the aggregation API gave no numbers, in sentences for whoever reads the page."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx

from streamlit_app.language.text import Text

AWAY: Final = Text("The numbers can't be had right now. This page keeps trying by itself.")
STRANGE: Final = Text(
    "The numbers came in a form that this page can't read. "
    "Tell whoever runs Cellpulse; its parts may be of different versions."
)
REFUSED: Final = Text(
    "The link that you came with does not open this. "
    "Ask whoever runs Cellpulse for a link to your course."
)
SIGNED_OUT: Final = Text(
    "You are signed out, or your link is not valid any more. Reload the page to sign in."
)
UNKNOWN: Final = Text("There is no such course or student. Choose another one above.")
NO_SUCH_SECTION: Final = Text(
    "There is no section “{section}” in that course; capital and small letters differ. "
    "Choose another one above."
)
CONFLICT: Final = Text("That can't be done as things are now. Reload the page to see how they are.")
NOT_DONE: Final = Text(
    "That could not be done: a part of Cellpulse does not answer. Try again in a moment."
)


class NumbersUnavailableError(Exception):
    """The aggregation API gave no numbers; the message is a sentence for the instructor."""


class AccessRefusedError(NumbersUnavailableError):
    """The token opens nothing, or not this course."""


class AwayError(NumbersUnavailableError):
    """The API does not answer, or can't just now."""


class TooManyError(AwayError):
    """The API has too much of this to do just now."""


class ConflictError(NumbersUnavailableError):
    """What is there already does not allow what was asked for."""


class NotKnownError(NumbersUnavailableError):
    """There is no such course or student, or nothing else that was asked about."""


class SectionNotKnownError(NotKnownError):
    """There is no such section of the course."""

    def __init__(self, section: str) -> None:
        super().__init__(section)
        self.section = section

    def __str__(self) -> str:
        """Return the sentence, in the language of whoever sees it."""
        return NO_SUCH_SECTION.format(section=self.section)


#: What a page says of an error in the place of the usual sentence.
Words = Mapping[type[NumbersUnavailableError], Text]
#: Of a change before which the API is asked what is stored: it was the change that was not made.
ASKED_FIRST: Final[Words] = {AwayError: NOT_DONE, TooManyError: NOT_DONE}
_SAID: Final[Mapping[int, tuple[type[NumbersUnavailableError], Text]]] = {
    HTTPStatus.UNAUTHORIZED: (AccessRefusedError, SIGNED_OUT),
    HTTPStatus.FORBIDDEN: (AccessRefusedError, REFUSED),
    HTTPStatus.CONFLICT: (ConflictError, CONFLICT),
}


def why_not(error: NumbersUnavailableError, own: Words) -> str:
    """Say why something was not done, in the words for it where a page has words of its own."""
    return str(own.get(type(error), error))


def away(method: str) -> Text:
    """Say that the API is away: to whoever reads, and to whoever changes something."""
    return AWAY if method == "GET" else NOT_DONE


def raise_for_refusal(response: httpx.Response) -> None:
    """Let an answer pass that has numbers.

    Raises:
        NumbersUnavailableError: It has none; by its class one knows why.
    """
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise _refusal(response) from error


def _refusal(response: httpx.Response) -> NumbersUnavailableError:
    status, method = response.status_code, response.request.method
    if status == HTTPStatus.NOT_FOUND:
        return _not_known(response)
    if status in _SAID:
        error, sentence = _SAID[status]
        return error(sentence)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyError(away(method))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return AwayError(away(method))
    return NumbersUnavailableError(STRANGE)


def _not_known(response: httpx.Response) -> NotKnownError:
    try:
        return SectionNotKnownError(response.json()["section"])
    except (ValueError, KeyError, TypeError):  # it is about something else
        return NotKnownError(UNKNOWN)
