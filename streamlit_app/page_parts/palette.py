"""The colours, in one place: for the charts, and as CSS variables for everything else."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final


@dataclass(frozen=True)
class Palette:
    """One accent, one success, one warning and one bad colour; everything else is ink and grey.

    `bad` is for what has to be mended, beside a warning that has to be looked at; whoever sees no
    red or no green tells the two apart as well. `usual` is the accent for what steps back behind
    what is not usual; for graphics, not for text.
    """

    background: str
    card: str
    ink: str
    muted: str
    line: str
    accent: str
    usual: str
    success: str
    warning: str
    bad: str
    tint: str


LIGHT: Final = Palette(
    background="#fbfbfa",
    card="#ffffff",
    ink="#1c2430",
    muted="#66707f",
    line="#e6e7ea",
    accent="#2f5d9b",
    usual="#6d8eb9",
    success="#27795b",
    warning="#bb4a1a",
    bad="#ce0b4c",
    tint="#fdf3ea",
)
DARK: Final = Palette(
    background="#14181e",
    card="#1b2129",
    ink="#e6eaf0",
    muted="#98a3b2",
    line="#2a323d",
    accent="#7fb0ef",
    usual="#5777a0",
    success="#4fbf95",
    warning="#f08a55",
    bad="#ff5975",
    tint="#2b231d",
)


def by_theme(light: str, dark: str) -> str:
    """Return a colour that the browser takes from the theme that it shows, at any moment."""
    return f"light-dark({light}, {dark})"


#: For whatever a browser draws, charts too: no drawing has to know the theme.
EITHER: Final = Palette(
    **{name: by_theme(light, asdict(DARK)[name]) for name, light in asdict(LIGHT).items()}
)
_EITHER: Final = re.compile(r"light-dark\((?P<light>#\w{6}), (?P<dark>#\w{6})\)")


def css_variables() -> str:
    """Return a style rule that defines each colour, as `--cp-accent`, for both themes."""
    lines = [f"--cp-{name}: {colour};" for name, colour in asdict(EITHER).items()]
    return ":root {" + " ".join(lines) + "}"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, both as #rrggbb: 1 to 21, by WCAG 2.2."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Return a colour that is `share` of one and the rest of another, both of one palette."""

    def mix(one: str, other: str) -> str:
        parts = zip(_channels(one), _channels(other), strict=True)
        return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in parts)

    return _made_of(mix, one, other)


def readable_on(ground: str) -> str:
    """Return black or white, whichever can be read on a ground: one of them always can."""

    def better(ground: str) -> str:
        return max(("#000000", "#ffffff"), key=lambda text: contrast(text, ground))

    return _made_of(better, ground)


def _made_of(make: Callable[..., str], *colours: str) -> str:
    """Return what is made of colours; of those of `EITHER` what is made in each theme."""
    found = [each for each in map(_EITHER.fullmatch, colours) if each is not None]
    if not found:
        return make(*colours)
    return by_theme(*(make(*(each[theme] for each in found)) for theme in ("light", "dark")))


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    parts = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (
        part / 12.92
        if part <= 0.03928  # noqa: PLR2004 - as in the definition
        else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
