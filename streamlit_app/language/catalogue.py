"""Keeps the catalogues up to date with the texts of the code: `make language`.

A text is what stands in `Text("…")` or `Plural("…", "…")`, and what the headers of the measures
say. A catalogue is compiled when the first viewer needs it, so nothing but the .po is kept.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from analytics.measures.measure import load_measure, measure_names
from streamlit_app.language.choice import ENGLISH, LOCALES
from streamlit_app.language.measure_texts import texts_of

FOLDER: Final = Path(__file__).parent
_PAGES: Final = FOLDER.parent
_KEYWORDS: Final = {"Text": None, "Plural": (1, 2)}
_HEADER: Final = """\
# Texts of Cellpulse's pages; glossary.md beside this file has the words to use.
msgid ""
msgstr ""
"Project-Id-Version: Cellpulse\\n"
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
_MEASURE: Final = "analytics/measures/{name}.sql"


def template() -> Catalog:
    """Return every text of the code in the order of its places, without translations."""
    texts = Catalog()
    for text, place in (*_of_pages(), *_of_measures()):
        if texts.get(text) is None:  # a text has the first of its places, and is translated once
            texts.add(text, locations=[(place, 0)])
    return texts


def read(language: str) -> Catalog:
    """Return a language's catalogue as it is kept."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def updated(language: str, texts: Catalog) -> Catalog:
    """Return a language's catalogue with the texts that there are now; new ones are empty."""
    known, catalogue = read(language), Catalog(locale=language)
    for text in texts:
        if text.id:
            old = known.get(text.id)
            string, flags = (old.string, old.flags) if old else ("", ())
            catalogue.add(text.id, string, locations=text.locations, flags=flags)
    return catalogue


def written(language: str, catalogue: Catalog) -> bytes:
    """Return a catalogue as a file: texts by their place, nothing in it that changes by itself."""
    file = BytesIO()
    file.write(_HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
    write_po(
        file,
        catalogue,
        width=0,
        omit_header=True,
        include_lineno=False,
    )
    return file.getvalue()


def write(language: str, catalogue: Catalog) -> None:
    """Keep a language's catalogue."""
    (FOLDER / f"{language}.po").write_bytes(written(language, catalogue))


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the texts of a catalogue that have no translation, or only a guessed one."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and (message.fuzzy or not all(_forms(message.string)))
    ]


def main() -> None:
    """Write each catalogue anew; say what is left to translate."""
    texts = template()
    for language in LOCALES.keys() - {ENGLISH}:
        catalogue = updated(language, texts)
        write(language, catalogue)
        missing = untranslated(catalogue)
        sys.stdout.write(f"{language}: {len(catalogue)} texts, {len(missing)} to translate\n")


def _of_pages() -> Iterator[tuple[str | tuple[str, ...], str]]:
    found = extract_from_dir(_PAGES, [("**.py", "python")], keywords=_KEYWORDS)
    for file, _, text, _, _ in sorted(found, key=lambda each: each[:2]):
        yield text, f"{_PAGES.name}/{file}"


def _of_measures() -> Iterator[tuple[str, str]]:
    for measure in map(load_measure, measure_names()):
        for text in texts_of(measure):
            yield text, _MEASURE.format(name=measure.name)


def _forms(string: object) -> tuple[object, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (string,)


if __name__ == "__main__":
    main()
