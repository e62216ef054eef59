"""The lake as one request asks it: how new its answer must be, the request says.

By the request's `Cache-Control` (RFC 9111): without it an answer holds all that was committed when
it was asked for; `max-age=1` is content with one of the last second, though more was committed
since; `no-cache` has it read anew.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, Final, ParamSpec, TypeVar

import duckdb

from analytics.lake.reader import LakeReader

_Answer = TypeVar("_Answer")
_Asked = ParamSpec("_Asked")

_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age=([0-9]{1,9})(?:$|[\s,])")
_ANEW: Final = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,])")


@dataclass(frozen=True)
class AskedLake:
    """What a request may ask of the lake.

    Attributes:
        reader: Reads for all requests.
        oldest: How old an answer may be, in seconds, whatever was committed since; None where it
            has to be read anew.
    """

    reader: LakeReader
    oldest: float | None = 0.0

    def read(self, question: Callable[[duckdb.DuckDBPyConnection], _Answer]) -> _Answer:
        """Ask within one transaction; see `LakeReader.read`."""
        return self.reader.read(question)

    def answer(
        self,
        ask: Callable[Concatenate[duckdb.DuckDBPyConnection, _Asked], _Answer],
        *about: _Asked.args,
        **named: _Asked.kwargs,
    ) -> _Answer:
        """Ask as `read` does; whoever asks the same meanwhile shares the next reading.

        Args:
            ask: A function of a module, given the lake and `about`.
            about: What is asked about; equal values have the same answer.
            named: The same, by name.

        Raises:
            LakeUnavailableError: The lake or PostgreSQL does not answer, or not in time.
        """
        question = (ask, about, tuple(sorted(named.items())))
        return self.reader.answer(
            question, lambda lake: ask(lake, *about, **named), oldest=self.oldest
        )


def oldest_of(cache_control: str | None) -> float | None:
    """Return how old an answer may be by a request's `Cache-Control`; None where it may not be."""
    asked = (cache_control or "").lower()
    if _ANEW.search(asked):
        return None
    seconds = _MAX_AGE.search(asked)
    return float(seconds[1]) if seconds else 0.0
