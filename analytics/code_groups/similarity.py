"""Which programs are alike: by their tokens, whatever their blanks and comments.

Two programs are compared by the Dice coefficient (Dice 1945) of their pairs of neighbouring tokens,
each counted as often as it is there: 1 for the same tokens in the same order, 0 for nothing in
common. The work is bounded, however many and however long the programs are.
"""

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

#: From this on two programs are alike.
ALIKE: Final = 0.7
#: What is behind so many tokens of a program does not count.
MOST_TOKENS: Final = 1_000
#: A program is compared with at most so many groups, the first ones.
MOST_GROUPS: Final = 40
_LAYOUT: Final = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.ENDMARKER,
    tokenize.ENCODING,
}
#: Words, and every other character by itself.
_WORDS: Final = re.compile(r"\w+|[^\w\s]")

Pairs = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Alike:
    """Programs that are alike.

    Attributes:
        code: The commonest of them, as it was written.
        members: Their places in what was grouped.
    """

    code: str
    members: tuple[int, ...]


def tokens_of(code: str) -> tuple[str, ...]:
    """Return a program's tokens without layout and comments; what is no Python has words, signs."""
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.INDENT:
                found.append("<indent>")
            elif token.type == tokenize.DEDENT:
                found.append("<dedent>")
            elif token.type not in _LAYOUT:
                found.append(token.string)
            if len(found) == MOST_TOKENS:
                break
    except (tokenize.TokenError, SyntaxError):  # no Python, or not yet
        found = _WORDS.findall(code)[:MOST_TOKENS]
    return tuple(found)


def pairs_of(tokens: Sequence[str]) -> Pairs:
    """Return the pairs of neighbouring tokens, begin and end included."""
    return Counter(pairwise(("", *tokens, "")))


def similarity(one: Pairs, other: Pairs) -> float:
    """Return how much two programs have in common, 0 to 1."""
    sizes = one.total() + other.total()
    return 2 * (one & other).total() / sizes if sizes else 1.0


def grouped(programs: Sequence[str]) -> list[Alike]:
    """Return groups of programs that are alike, the largest first.

    Programs of the same tokens are one. Then each joins the first of the groups before it, begun
    by what more have written, whose commonest program is like it.
    """
    same: dict[tuple[str, ...], list[int]] = {}
    for place, code in enumerate(programs):
        same.setdefault(tokens_of(code), []).append(place)
    groups: list[tuple[Pairs, list[int]]] = []
    for tokens, members in sorted(same.items(), key=lambda each: -len(each[1])):
        pairs = pairs_of(tokens)
        of_group = _first_alike(pairs, groups[:MOST_GROUPS])
        if of_group is None:
            groups.append((pairs, members))
        else:
            of_group.extend(members)
    alike = [Alike(programs[members[0]], tuple(members)) for _, members in groups]
    return sorted(alike, key=lambda group: -len(group.members))


def most_alike(code: str, others: Iterable[str]) -> str | None:
    """Return the one of some programs that is most like a program; None where there are none."""
    pairs = pairs_of(tokens_of(code))
    nearness = {other: similarity(pairs, pairs_of(tokens_of(other))) for other in others}
    return max(nearness, key=nearness.__getitem__, default=None)


def _first_alike(pairs: Pairs, groups: Iterable[tuple[Pairs, list[int]]]) -> list[int] | None:
    size = pairs.total()
    for others, members in groups:
        smaller, larger = sorted((size, others.total()))
        if 2 * smaller >= ALIKE * (smaller + larger) and similarity(pairs, others) >= ALIKE:
            return members
    return None
