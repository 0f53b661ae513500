"""Colours of events: COLOR of RFC 7986, a name of CSS, and the eleven of Google."""

from __future__ import annotations

CSS_NAME = {
    "1": "lightsteelblue",
    "2": "mediumaquamarine",
    "3": "mediumorchid",
    "4": "salmon",
    "5": "gold",
    "6": "orange",
    "7": "deepskyblue",
    "8": "gray",
    "9": "royalblue",
    "10": "green",
    "11": "red",
}
"""The eleven by the CSS name that is nearest to what Google shows: lavender, sage, grape, flamingo, banana, tangerine,
peacock, graphite, blueberry, basil, tomato."""

ALIASES = {
    "lavender": "1",
    "blue": "9",
    "navy": "9",
    "grey": "8",
    "yellow": "5",
    "purple": "3",
    "violet": "3",
    "pink": "4",
    "tomato": "11",
    "crimson": "11",
    "darkorange": "6",
    "darkgreen": "10",
    "lime": "10",
    "cyan": "7",
    "turquoise": "7",
}
"""Further names that people pick. Any other is kept, and not shown at Google's."""

COLOR_ID = {**ALIASES, **{name: number for number, name in CSS_NAME.items()}}


def to_google(name: str | None) -> str | None:
    """The `colorId` of a colour; None without one, or for one that has no like among the eleven."""
    return COLOR_ID.get(name.strip().lower()) if name else None


def from_google(number: object) -> str | None:
    """The CSS name of a `colorId`."""
    return CSS_NAME.get(str(number))
