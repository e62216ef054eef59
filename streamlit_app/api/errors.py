"""Why the aggregation API gave no numbers, in sentences for whoever reads the page."""

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
BUSY: Final = Text("An export of this course is running already. Wait until it is done.")


class NumbersUnavailableError(Exception):
    """The aggregation API gave no numbers; the message is a sentence for the instructor."""


class AccessRefusedError(NumbersUnavailableError):
    """The token opens nothing, or not this course."""


class BusyError(NumbersUnavailableError):
    """Something that runs must end first."""


class NotKnownError(NumbersUnavailableError):
    """There is no such course or student."""


def raise_for_refusal(response: httpx.Response) -> None:
    """Let an answer pass that has numbers.

    Raises:
        NumbersUnavailableError: It has none; by its class one knows why.
    """
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        if response.status_code == 401:  # noqa: PLR2004 - unauthorized
            raise AccessRefusedError(SIGNED_OUT) from error
        if response.status_code == 403:  # noqa: PLR2004 - forbidden
            raise AccessRefusedError(REFUSED) from error
        if response.status_code == 409:  # noqa: PLR2004 - conflict
            raise BusyError(BUSY) from error
        if response.status_code == 404:  # noqa: PLR2004 - not found
            raise NotKnownError(UNKNOWN) from error
        if response.status_code >= 500 or response.status_code == 429:  # noqa: PLR2004
            raise NumbersUnavailableError(AWAY) from error
        raise NumbersUnavailableError(STRANGE) from error
