import math
import re
import tomllib
from collections.abc import Sequence
from itertools import combinations, product
from pathlib import Path

import pandas as pd
import pytest

import streamlit_app
from streamlit_app.class_view.charts import solved_of_started
from streamlit_app.page_parts import charts
from streamlit_app.page_parts.frames import RAN_ONLY
from streamlit_app.page_parts.palette import (
    DARK,
    EITHER,
    LIGHT,
    Palette,
    contrast,
    css_variables,
    mixed,
    readable_on,
)

#: What each kind of sight makes of linear red, green and blue: Machado, Oliveira and Fernandes
#: (2009), doi:10.1109/TVCG.2009.113, at full severity.
SIGHTS = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
#: Linear sRGB to CIE XYZ, each by the white of D65.
XYZ_OF_SRGB = (
    (0.4339, 0.3762, 0.1899),
    (0.2126, 0.7152, 0.0722),
    (0.0178, 0.1095, 0.8730),
)
PACKAGE = Path(streamlit_app.__file__).parent


def seen(colour: str, sight: str) -> tuple[float, ...]:
    """Return a colour as linear red, green and blue, as somebody sees it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return tuple(min(1, max(0, part)) for part in times(SIGHTS[sight], linear))


def difference(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Return how far apart two colours are in CIELAB (1976): 2 can just be seen side by side."""
    return math.dist(lab(one), lab(other))


def lab(linear: tuple[float, ...]) -> tuple[float, float, float]:
    x, y, z = (
        part ** (1 / 3) if part > 216 / 24389 else (part * 24389 / 27 + 16) / 116
        for part in times(XYZ_OF_SRGB, linear)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


@pytest.mark.parametrize(("name", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_streamlits_theme_has_the_same_colours(name: str, colours: Palette) -> None:
    """What Streamlit draws by itself has the colours of the rest."""
    config = tomllib.loads((PACKAGE / ".streamlit" / "config.toml").read_text())
    assert config["theme"][name] == {
        "backgroundColor": colours.background,
        "borderColor": colours.line,
        "greenColor": colours.success,
        "orangeColor": colours.warning,
        "primaryColor": colours.accent,
        "redColor": colours.bad,
        "secondaryBackgroundColor": colours.card,
        "textColor": colours.ink,
    }


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_every_text_can_be_read(colours: Palette) -> None:
    """Each colour that text has contrasts with each ground it stands on as WCAG AA asks."""
    meaning = (colours.accent, colours.success, colours.warning, colours.bad)
    texts = (colours.ink, colours.muted, *meaning)
    grounds = (colours.background, colours.card, colours.tint)
    for text, ground in product(texts, grounds):
        assert contrast(text, ground) >= 4.5, (text, ground)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_every_graphic_can_be_seen(colours: Palette) -> None:
    """Each colour of a bar, mark or shape contrasts with its ground as WCAG asks of graphics."""
    meaning = (colours.accent, colours.success, colours.warning, colours.bad)
    marks = (colours.usual, colours.muted, *meaning)
    for mark, ground in product(marks, (colours.background, colours.card)):
        assert contrast(mark, ground) >= 3, (mark, ground)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_good_worrying_and_bad_are_told_apart_by_everybody(colours: Palette) -> None:
    """Also by whoever has no long-wave, no medium-wave or no short-wave cones."""
    levels = (colours.success, colours.warning, colours.bad)
    for sight, (one, other) in product(SIGHTS, combinations(levels, 2)):
        assert difference(seen(one, sight), seen(other, sight)) >= 15, (sight, one, other)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_nothing_in_a_chart_is_fainter_than_its_colour(colours: Palette) -> None:
    """A bar is drawn in full, or has an outline that is; solved stands out of started."""
    frame = pd.DataFrame(
        {
            "exercise": ["1"],
            "started": [2],
            "solved": [1],
            "evidence": [str(RAN_ONLY)],
            "errors": [0.0],
        }
    )
    started, solved = solved_of_started(frame, colours).to_dict()["layer"]
    assert contrast(started["mark"]["stroke"], colours.card) >= 3
    inside = mixed(colours.accent, colours.card, started["mark"]["fillOpacity"])
    for outline in solved["encoding"]["stroke"]["scale"]["range"]:
        assert contrast(outline, inside) >= 3
    runs = charts.runs_per_minute(pd.DataFrame(columns=["start", "outcome", "runs"]), colours)
    for mark in runs.to_dict()["encoding"]["color"]["scale"]["range"]:
        assert len(mark) == len("#rrggbb")


def test_contrast_is_that_of_the_wcag() -> None:
    """Black on white is 21, a colour on itself 1; #767676 is the lightest grey that may be text."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#2f5d9b", "#2f5d9b") == 1
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


def test_no_style_makes_text_faint() -> None:
    """What is old or quiet has a readable colour, never a share of one."""
    styles = "".join(path.read_text() for path in PACKAGE.rglob("*.css"))
    assert set(re.findall(r"opacity: ([^; ]+)", styles)) <= {"0", "1"}  # 0: where a fade begins


def test_every_colour_is_a_variable_for_both_themes() -> None:
    """The style sheets name colours; their values for light and dark come from the palette."""
    assert f"--cp-warning: light-dark({LIGHT.warning}, {DARK.warning});" in css_variables()
    used = "".join(path.read_text() for path in PACKAGE.rglob("*.css"))
    names = {part.split(")")[0] for part in used.split("var(--cp-")[1:]}
    assert names <= set(LIGHT.__dataclass_fields__)


def test_what_is_made_of_colours_of_either_theme_is_made_in_each() -> None:
    """So a chart is drawn once, and follows the theme wherever it changes to."""
    shades = [mixed(each.accent, each.card, 0.15) for each in (LIGHT, DARK)]
    both = f"light-dark({shades[0]}, {shades[1]})"
    assert mixed(EITHER.accent, EITHER.card, 0.15) == both
    assert readable_on(both) == "light-dark(#000000, #ffffff)"
