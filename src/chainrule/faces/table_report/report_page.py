"""The report as one HTML page: no script, nothing from elsewhere, light and dark, wide and narrow."""

from html import escape

from chainrule.engine.runs.run import Run
from chainrule.faces.table_report import report_sections as sections
from chainrule.faces.table_report.assessment import Assessment, assess
from chainrule.faces.tables.quoting import plain
from chainrule.faces.tabular.training import Fit
from chainrule.files.writing import save

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --soft: #565d66; --line: #d8dce2;
  --card: #f5f6f8; --blue: #2563eb; --orange: #b45309; --grey: #8a929c; --blue-rgb: 37, 99, 235; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #16181b; --soft: #a3abb5;
  --line: #363b42; --card: #1e2125; --blue: #7aa2ff; --orange: #f2b45c;
  --grey: #767e88; --blue-rgb: 122, 162, 255; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 64rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; } h3 { font-size: 1rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 46rem; } .soft { color: var(--soft); }
.lead { font-size: 1.15rem; }
.halves { display: grid; gap: 1rem 2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.card h2 { margin-top: 0; }
.wide { overflow-x: auto; max-width: 100%; }
.wide:focus-visible { outline: 2px solid var(--blue); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); font-weight: normal; overflow-wrap: break-word; }
thead th { color: var(--soft); } .ours th, .ours td { font-weight: 600; }
.number { text-align: right; white-space: nowrap; } caption { text-align: left; color: var(--soft); }
.name { min-width: 7rem; max-width: 16rem; }
.said { max-width: 30rem; }
.bars { width: 100%; } .bars .name { min-width: 5.5rem; }
.bars td:last-child { width: 38%; min-width: 3rem; padding-right: 0; } .halves > * { min-width: 0; }
.bar { display: block; height: .8rem; margin-top: .35rem; background: var(--grey); min-width: 1px; }
.ours .bar, .important .bar { background: var(--blue); }
.cell { background: rgba(var(--blue-rgb), var(--share, 0)); text-align: right;
  padding: .35rem .6rem; border: 1px solid var(--line); }
figure { margin: 0; } figure svg { width: 100%; height: auto; display: block; }
svg { color: var(--ink); font-family: system-ui, sans-serif; }
svg text { fill: currentColor; font-size: 17px; }
.grid { stroke: var(--line); } .soft-line { stroke: var(--grey); } .loss, .line1 { stroke: var(--blue); }
.validation, .line2 { stroke: var(--orange); } .line3 { stroke: var(--ink); } .line4 { stroke: var(--grey); }
circle.dot { fill: var(--blue); fill-opacity: .45; }
circle { stroke: none; } circle.line1 { fill: var(--blue); } circle.line2 { fill: var(--orange); }
circle.line4 { fill: var(--grey); } ul { padding-left: 1.2rem; } li { max-width: 46rem; }
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; } }
"""


def page(assessment: Assessment) -> str:
    """The whole page."""
    title = f"{plain(assessment.encoding.target.name, 60)} from {sections.file_name(assessment)}"
    judgement = assessment.judgement
    judged = (
        [part for section in sections.JUDGED for part in section(assessment, judgement)] if judgement else []
    )
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>",
        f"<body><main><h1>Predicting {escape(title)}</h1>",
        *sections.opening(assessment),
        *judged,
        *sections.cross_validation(assessment),
        *sections.learning(assessment),
        *sections.columns(assessment),
        *sections.making(assessment),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def write_page(path: str, run: Run, ready: Fit) -> None:
    """Judge a run that `ready` was made for, and write the report.

    Raises:
        InputError: it cannot be written there.
    """
    save(path, page(assess(run, ready)).encode())
