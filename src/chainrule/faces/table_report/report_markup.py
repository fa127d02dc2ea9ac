"""Pieces of the report's HTML: tables, figures and sentences; names from a table are never markup."""

from collections.abc import Sequence
from html import escape

from chainrule.faces.charts import HEIGHT, WIDTH, Chart
from chainrule.faces.tables.quoting import plain

Row = Sequence[object]


def words(value: object, limit: int = 60) -> str:
    """Text from outside, printable, cut and escaped."""
    return escape(plain(value, limit))


def amount(value: float | None) -> str:
    """A figure with four digits."""
    return "-" if value is None else f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.4g}"


def percent(share: float) -> str:
    """`97.1 %`."""
    return f"{100 * share:.1f} %"


def interval(ends: tuple[float, float] | None) -> str:
    """`0.91 to 0.97`, or nothing."""
    return "" if ends is None else f"{amount(ends[0])} to {amount(ends[1])}"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of text that is no markup."""
    return f"<p{_kind(kind)}>{escape(text)}</p>"


def table(
    head: Row, rows: Sequence[Row], numeric: Sequence[int] = (), caption: str = "", scrolled: bool = True
) -> str:
    """A table whose cells are text; the first names its row, those in columns `numeric` are figures."""
    body = [[words(cell, 200) for cell in row] for row in rows]
    return markup_table(head, body, numeric, caption, scrolled=scrolled)


def markup_table(
    head: Row,
    rows: Sequence[Sequence[str]],
    numeric: Sequence[int] = (),
    caption: str = "",
    kinds: Sequence[str] = (),
    kind: str = "",
    scrolled: bool = True,
) -> str:
    """The same of cells that are markup already; `kinds` are the classes of the rows."""

    def cell(tag: str, number: int, content: str) -> str:
        scope = {"thead": ' scope="col"', "th": ' scope="row"'}.get(tag, "")
        element = "td" if tag == "td" or not content else "th"
        look = "number" if number in numeric else "name" if not number else "said"
        return f'<{element}{scope if element == "th" else ""} class="{look}">{content}</{element}>'

    lines = [f"<table{_kind(kind)}>", f"<caption>{escape(caption)}</caption>" if caption else ""]
    lines += ["<thead><tr>", *(cell("thead", n, words(name)) for n, name in enumerate(head)), "</tr></thead>"]
    for number, row in enumerate(rows):
        cells = (cell("td" if n else "th", n, content) for n, content in enumerate(row))
        lines.append(f"<tr{_kind(kinds[number] if kinds else '')}>{''.join(cells)}</tr>")
    whole = "\n".join([*lines, "</table>"])
    if not scrolled:
        return whole
    name = escape(caption or str(head[0]) or "table", quote=True)
    return f'<div class="wide" tabindex="0" role="region" aria-label="{name}">{whole}</div>'


def bar(share: float) -> str:
    """A bar that takes this share of its cell."""
    return f'<span class="bar" style="width:{100 * min(max(share, 0.0), 1.0):.1f}%"></span>'


def figure(chart: Chart, title: str, told: str) -> str:
    """A chart under its title; `told` says what is in it to those who cannot see it."""
    drawn = "\n".join(chart.elements)
    view = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words(told, 300)}"'
    return f"<figure><h3>{words(title)}</h3><svg {view}>{drawn}</svg></figure>"


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
