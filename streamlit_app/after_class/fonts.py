"""The fonts of the printed report, and which texts they have letters for."""

from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import typst
from noto_cjk_sans_jp_regular import FONT_PATH

#: Noto Sans with the letters of Japanese, Chinese and Korean, and Latin, Greek and Cyrillic ones.
FONT_FAMILY: Final = "Noto Sans CJK JP"
FONT_FILE: Final = Path(str(FONT_PATH))
_TEXT: Final = b"#set text(font: sys.inputs.font)\n#sys.inputs.text"
#: A standard by which no letter may be an empty box.
_STRICT: Final = "a-2b"


@cache
def fonts() -> typst.Fonts:
    """Return the report's fonts: its own one, and those that typst has with it."""
    # None of the machine's own: the same report looks the same everywhere.
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONT_FILE.parent)])


def without_letters(texts: Iterable[str]) -> set[str]:
    """Return the texts that the fonts can't write, so that some of each would be empty boxes."""
    asked = set(texts)
    if can_write(" ".join(sorted(asked))):  # most classes, at once
        return set()
    return {text for text in asked if not can_write(text)}


@lru_cache(maxsize=4_096)
def can_write(text: str) -> bool:
    """Tell whether the fonts have each letter of a text."""
    if text.isascii():
        return True
    inputs = {"text": text, "font": FONT_FAMILY}
    try:
        typst.Compiler(_TEXT, font_paths=fonts()).compile(
            format="pdf", sys_inputs=inputs, timestamp=0, pdf_standards=_STRICT
        )
    except typst.TypstError:
        return False
    return True
