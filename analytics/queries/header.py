"""The header of an SQL file: comments of the form `-- key: text` that say what its numbers mean.

A text goes on in the lines below, further in. A key without a text on its own line has items, each
`--   name: text`, where a name may have a default value: `--   name = value: text`.
"""

import re
from dataclasses import dataclass, field
from typing import Final

_KEY: Final = re.compile(r"-- (?P<key>[a-z]+):(?: (?P<text>.*))?")
_ITEM: Final = re.compile(r"--   (?P<name>[a-z_0-9]+(?: = [^:]+)?): (?P<text>.+)")


class BadHeaderError(Exception):
    """A file's header is incomplete, or there is no such file."""


@dataclass(frozen=True)
class Header:
    """What a header says.

    Attributes:
        texts: Text of each key, on one line.
        items: Of each key that has items, their texts by name, with the default value if any.
    """

    texts: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[str, str]] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return the text of a key.

        Raises:
            BadHeaderError: There is none.
        """
        text = self.texts.get(key, "").strip()
        if not text:
            raise BadHeaderError(f"the header lacks '{key}'")
        return text

    def items_of(self, key: str) -> dict[str, str]:
        """Return the items of a key, none where its text is `none`.

        Raises:
            BadHeaderError: The key is not there.
        """
        if self.texts.get(key) == "none":
            return {}
        if key not in self.items:
            raise BadHeaderError(f"the header lacks '{key}'")
        return self.items[key]


def parse_header(sql: str) -> Header:
    """Read the header, which ends at the first blank line."""
    header = Header()
    key = ""
    for line in sql.split("\n\n", 1)[0].splitlines():
        if head := _KEY.fullmatch(line):
            key = head["key"]
            header.texts[key] = head["text"] or ""
        elif not header.texts.get(key) and (item := _ITEM.fullmatch(line)):
            header.items.setdefault(key, {})[item["name"]] = item["text"]
        else:
            _go_on(header, key, line.removeprefix("--").strip())
    return header


def _go_on(header: Header, key: str, text: str) -> None:
    items = header.items.get(key)
    if items:
        items[next(reversed(items))] += f" {text}"
    else:
        header.texts[key] = f"{header.texts.get(key, '')} {text}".strip()
