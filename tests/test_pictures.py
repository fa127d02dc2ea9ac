"""Pictures of the docs follow the theme: none has a colour of paper or ink of its own."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest
from benchmarks.speed.report import themed

ROOT = Path(__file__).parents[1]
PICTURES = sorted((ROOT / "docs").glob("*.svg"))


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_has_no_paper_and_ink_of_its_own(picture: Path) -> None:
    svg = picture.read_text("utf-8")
    assert not re.search("#000000|#ffffff", svg)
    assert "prefers-color-scheme:dark" in svg  # where it stands alone, as on GitHub


def test_matplotlib_s_black_and_white_go() -> None:
    background = '<path style="fill: #ffffff"/>'
    drawn = f'<svg version="1.1">{background * 2}<path style="fill: #ffffff; stroke: #000000"/></svg>'
    svg = themed(drawn)
    assert svg.count("fill: none") == 2
    assert "var(--paper)" in svg
    assert "stroke: currentColor" in svg


def test_in_a_page_a_picture_leaves_the_page_alone() -> None:
    pytest.importorskip("sphinx")
    pages = [_responsive().inside(picture.read_text("utf-8"), picture.stem) for picture in PICTURES]
    ids = [name for svg in pages for name in set(re.findall(r'\bid="([^"]*)"', svg))]
    assert len(ids) == len(set(ids))
    for svg in pages:
        ET.fromstring(svg)
        assert set(re.findall(r'href="#([^"]*)"', svg)) <= set(ids)
        assert not re.search(r"<style[^>]*>(svg|\*)", svg)


def _responsive() -> ModuleType:
    spec = importlib.util.spec_from_file_location("responsive", ROOT / "docs" / "_ext" / "responsive.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
