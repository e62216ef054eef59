"""By what a person is recognised in bytes: the id, the name, and the ids that are theirs alone."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Final

#: A shorter text stands in any file by chance.
LONG_ENOUGH: Final = 6
_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: Letters of any script go on a word.
_IN_WORD: Final = rb"[0-9A-Za-z_\x80-\xff]"


@dataclass(frozen=True)
class Marks:
    """What must not stand anywhere any more.

    Attributes:
        names: The student's id and name, where they are nobody else's.
        ids: Ids of sessions and events.
        others: Ids of others that hold one of the names.
    """

    names: AbstractSet[str] = frozenset()
    ids: AbstractSet[str] = frozenset()
    others: AbstractSet[str] = frozenset()

    @cached_property
    def _uuids(self) -> frozenset[bytes]:
        return frozenset(each.encode() for each in self.ids)

    @cached_property
    def _long_ids(self) -> re.Pattern[bytes] | None:
        long = [i for i in self.ids if len(i) >= LONG_ENOUGH and not _UUID.fullmatch(i.encode())]
        return _words(long)

    @cached_property
    def _all_names(self) -> re.Pattern[bytes] | None:
        return _words(self.names)

    @cached_property
    def _long_names(self) -> re.Pattern[bytes] | None:
        return _words(name for name in self.names if len(name.encode()) >= LONG_ENOUGH)

    @cached_property
    def _of_others(self) -> re.Pattern[bytes] | None:
        return _words(self.others)

    def in_text(self, data: bytes) -> bool:
        """Tell whether any of them stands in texts, that is in nothing but words."""
        return self._is_in(data, self._all_names)

    def in_bytes(self, data: bytes) -> bool:
        """Tell whether any of them stands in a file of any kind; short names are not looked for."""
        return self._is_in(data, self._long_names)

    def _is_in(self, data: bytes, names: re.Pattern[bytes] | None) -> bool:
        if any(found in self._uuids for found in _UUID.findall(data)):
            return True
        if self._long_ids and self._long_ids.search(data):
            return True
        if names is None or not names.search(data):
            return False
        return self._of_others is None or bool(names.search(self._of_others.sub(b" ", data)))


def _words(texts: Iterable[str]) -> re.Pattern[bytes] | None:
    words = sorted((text.encode() for text in texts if text), key=len, reverse=True)
    if not words:
        return None
    either = b"|".join(map(re.escape, words))
    return re.compile(b"(?<!" + _IN_WORD + b")(?:" + either + b")(?!" + _IN_WORD + b")")
