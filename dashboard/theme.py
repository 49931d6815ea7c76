"""Design tokens, in one place for Bokeh and CSS.

A token has a value in the light and in the dark. Figures name tokens, not colours: the page gives each figure's
properties their values, and new ones when somebody turns the light off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bokeh.core.properties import value
from bokeh.model import Model

TOKENS: Final[Mapping[str, tuple[str, str]]] = {
    "ink": ("#1c2430", "#e8ebf0"),
    "mute": ("#5f6b7d", "#9aa5b5"),
    "line": ("#e4e7ec", "#2b3340"),
    "paper": ("#ffffff", "#171c24"),
    "ground": ("#f6f7f9", "#10141a"),
    "accent": ("#3b3f8f", "#a3a8f0"),
    "accent-paper": ("#dfe3ff", "#2c3163"),
    "good": ("#157f5b", "#4cc79a"),
    "warn": ("#b54708", "#f5a25d"),
    "bad": ("#b42318", "#ff8a80"),
    "cell": ("#1d5d8f", "#4a94cf"),
}

# A colour-blind-safe set (Okabe and Ito, then Tol); used for classes and for nothing else.
_CLASS_COLORS = (
    "#0072B2", "#009E73", "#D55E00", "#CC79A7", "#B08900", "#56B4E9", "#882255", "#44AA99", "#DDCC77", "#AA4499",
    "#117733", "#332288", "#88CCEE", "#CC6677", "#661100", "#6699CC", "#999933", "#AA4466", "#4477AA", "#BBBBBB",
)  # fmt: skip
# Of models, readable in the light and in the dark; none is the colour of a class.
CHAMPION_COLOR: Final = "#5b61d6"
RUN_COLORS: Final = ("#a855c7", "#8a94a6", "#c98a00", "#2b8aa8", "#d0487f", "#7d8f2f", "#9a6b4f")
FONT: Final = "Inter, Helvetica Neue, system-ui, Noto Sans, Arial, sans-serif"
GLYPH_FONT: Final = value(FONT)
"""The font as glyphs take it: a plain string would name a column."""


def class_colors(classes: Iterable[str]) -> dict[str, str]:
    """The colour of each class, in their order."""
    return dict(zip(classes, _CLASS_COLORS, strict=False))


def css(classes: Iterable[str]) -> str:
    """The tokens as CSS variables, the dark ones under `[data-theme=dark]`."""
    light = "".join(f"--{name}:{value[0]};" for name, value in TOKENS.items())
    dark = "".join(f"--{name}:{value[1]};" for name, value in TOKENS.items())
    colors = "".join(f"--class-{number}:{color};" for number, color in enumerate(class_colors(classes).values()))
    return f":root{{color-scheme:light;{light}{colors}}}[data-theme=dark]{{color-scheme:dark;{dark}}}"


def paint(model: Model, **tokens: str) -> None:
    """Give properties of a model the values of tokens: now in the light, and again whenever the light changes."""
    for name, token in tokens.items():
        setattr(model, name, TOKENS[token][0])
    model.tags = [*model.tags, {"paint": tokens}]
