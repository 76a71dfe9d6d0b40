"""Our look, once: what a board, a section, a panel and a variable are, before any face draws them.

A board is a list of sections, a section a list of panels; a panel has one question, the query that answers it
and the kind of drawing that both faces know:

    stat      an estimate an account: value, interval, n, what it was a window earlier
    series    an estimate over time, the interval as a band
    expected  the same for one account, beside what it was expected to be, changes of level marked
    compare   a bar an account, the interval as a whisker
    reach     followers against interactions
    shares    what a whole consists of, a stacked bar an account
    weeks     what each week consisted of, for one account
    hours     the hours of the week as a map, for one account
    lines     figures over time that belong to no account
    table     rows to read

Accounts have colours of Okabe and Ito (2008), "Color Universal Design", https://jfly.uni-koeln.de/color/,
which people with any colour vision can tell apart; a colour names an account and nothing else. Parts of a
whole are steps of lightness from blue to sand. Good and bad are words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from msgspec import Struct

from pipelines.metrics.units import Unit

Kind = Literal["stat", "series", "expected", "compare", "reach", "shares", "weeks", "hours", "lines", "table"]
Shape = Literal["text", "time", "count", "share", "duration", "post", "link"]

ONE_ACCOUNT: Final[frozenset[Kind]] = frozenset({"expected", "weeks", "hours"})
"""Kinds that hold one account at a time: the page shows the first, Grafana repeats them."""
ACCOUNT_COLOURS: Final = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8c6bb1",
    "#7f7f7f",
)
PART_COLOURS: Final = ("#2f5d8f", "#6f8fae", "#a9aa9c", "#d2b86a", "#efe0a4")
WINDOWS: Final[Mapping[str, str]] = {
    "1h": "1 hour",
    "24h": "24 hours",
    "7d": "7 days",
    "28d": "28 days",
    "all": "everything",
}
DEFAULT_WINDOW: Final = "7d"
COUNT: Final = Unit("posts", "short", 0)
PEOPLE: Final = Unit("people", "short", 0)
SECONDS: Final = Unit("seconds", "s", 0)
NOTHING_YET: Final = (
    "Nothing here yet. `rapport demo` fills it with a simulated business, `rapport analyze FILE` with your"
    " posts, `rapport ingest SOURCE` with what happens from now on."
)
WIDTH: Final = 24


class Place(Struct, frozen=True):
    """Where something stands on a grid of 24 columns; a row is about 38 pixels high."""

    x: int
    y: int
    w: int
    h: int


class Column(Struct, frozen=True):
    """A column of a table: its name in the SQL, its heading, and how its values read.

    `post` is text that leads to the column `permalink`, `link` a name that leads to the column `address`;
    `duration` is in seconds, `share` from 0 to 1.
    """

    name: str
    title: str
    shape: Shape = "text"


class Panel(Struct, frozen=True, kw_only=True):
    """One question and the query that answers it. `empty` says what is missing and how to bring it.

    `batch`: the file in dashboards/sql that answers all panels of a board which differ by their metric alone,
    in one query. `parts`: the values of the column `part`, in order. `leads_to`: the board that tells more,
    by the end of its uid. `limit`: where the value is drawn as a line, and what it says.
    """

    id: int
    title: str
    question: str
    description: str
    kind: Kind
    sql: str
    w: int
    h: int
    unit: Unit
    metric: str = ""
    batch: str = ""
    columns: tuple[Column, ...] = ()
    parts: tuple[str, ...] = ()
    leads_to: str = ""
    limit: tuple[float, str] | None = None
    empty: str = NOTHING_YET

    @property
    def has_posts(self) -> bool:
        """Tell whether it is a table with the text of posts."""
        return any(column.shape == "post" for column in self.columns)

    @property
    def has_people(self) -> bool:
        """Tell whether it is a table of people, each with an address."""
        return any(column.shape == "link" for column in self.columns)


class Section(Struct, frozen=True):
    """Panels under one heading; `per_account`: Grafana repeats them for each account."""

    title: str
    panels: tuple[Panel, ...]
    per_account: bool = False

    def placed(self, y: int) -> list[tuple[Panel, Place]]:
        """Return the panels with their places from row `y` on: left to right, in lines."""
        found: list[tuple[Panel, Place]] = []
        x = tallest = 0
        for panel in self.panels:
            if x + panel.w > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            found.append((panel, Place(x, y, panel.w, panel.h)))
            x, tallest = x + panel.w, max(tallest, panel.h)
        return found


class Variable(Struct, frozen=True, kw_only=True):
    """What the reader may choose: out of a query (value, or value and text), or out of fixed options."""

    name: str
    label: str
    sql: str = ""
    options: Mapping[str, str] | None = None
    default: str = ""

    @property
    def multi(self) -> bool:
        """Tell whether several may be chosen, or all."""
        return self.options is None


class Annotation(Struct, frozen=True):
    """What is marked over all panels with a time axis: columns time, timeEnd, title, text, tags."""

    name: str
    sql: str
    colour: str


class Dashboard(Struct, frozen=True, kw_only=True):
    """One person's question, and the panels that answer it."""

    uid: str
    title: str
    question: str
    sections: tuple[Section, ...]
    variables: tuple[Variable, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    days: int = 28

    @property
    def name(self) -> str:
        """Return what the board is called in files and addresses."""
        return self.uid.removeprefix("rapport-")

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Return all panels in the order in which they are read."""
        return tuple(panel for section in self.sections for panel in section.panels)

    def panel(self, panel_id: int) -> Panel:
        """Return the panel of this id. Raises KeyError if there is none."""
        for panel in self.panels:
            if panel.id == panel_id:
                return panel
        raise KeyError(panel_id)

    def rows(self) -> Iterator[tuple[Section, int, list[tuple[Panel, Place]]]]:
        """Give each section with the row of its heading and its panels placed below."""
        y = 0
        for section in self.sections:
            placed = section.placed(y + 1)
            yield section, y, placed
            y = max((place.y + place.h for _, place in placed), default=y + 1)
