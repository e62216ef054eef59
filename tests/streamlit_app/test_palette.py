import re
import tomllib
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

import streamlit_app
from streamlit_app import charts
from streamlit_app.frames import RAN_ONLY
from streamlit_app.palette import DARK, LIGHT, Palette, contrast, css_variables, mixed, palette_for

PACKAGE = Path(streamlit_app.__file__).parent


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
        "secondaryBackgroundColor": colours.card,
        "textColor": colours.ink,
    }


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_every_text_can_be_read(colours: Palette) -> None:
    """Each colour that text has contrasts with each ground it stands on as WCAG AA asks."""
    texts = (colours.ink, colours.muted, colours.accent, colours.success, colours.warning)
    grounds = (colours.background, colours.card, colours.tint)
    for text, ground in product(texts, grounds):
        assert contrast(text, ground) >= 4.5, (text, ground)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_every_graphic_can_be_seen(colours: Palette) -> None:
    """Each colour of a bar, mark or shape contrasts with its ground as WCAG asks of graphics."""
    marks = (colours.accent, colours.usual, colours.success, colours.warning, colours.muted)
    for mark, ground in product(marks, (colours.background, colours.card)):
        assert contrast(mark, ground) >= 3, (mark, ground)


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
    started, solved = charts.solved_of_started(frame, colours).to_dict()["layer"]
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


def test_an_unknown_theme_is_light() -> None:
    """Until the browser has told its theme, the charts are light."""
    assert (palette_for("dark"), palette_for(None)) == (DARK, LIGHT)
