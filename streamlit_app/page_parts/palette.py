"""The colours, in one place: for the charts, and as CSS variables for everything else."""

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


def palette_for(theme: str | None) -> Palette:
    """Return the colours of a theme, 'light' or 'dark'; light while it is not known."""
    return DARK if theme == "dark" else LIGHT


def css_variables() -> str:
    """Return a style rule that defines each colour, as `--cp-accent`, for both themes."""
    light, dark = asdict(LIGHT), asdict(DARK)
    lines = [f"--cp-{name}: light-dark({light[name]}, {dark[name]});" for name in light]
    return ":root {" + " ".join(lines) + "}"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, both as #rrggbb: 1 to 21, by WCAG 2.2."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Return a colour that is `share` of one and the rest of another."""
    parts = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in parts)


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
