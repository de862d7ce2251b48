"""Decisions are numbered without a gap, and each says context, decision, consequence and alternative."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
FILES = sorted(FOLDER.glob("*.md"))
ONE_PARAGRAPH = 3


def test_they_are_numbered_without_a_gap() -> None:
    numbers = [int(file.name[:4]) for file in FILES]
    assert numbers == list(range(1, len(FILES) + 1))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_is_a_title_and_one_paragraph_in_four_parts(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    title, _, body = text.partition("\n\n")
    assert re.fullmatch(rf"# {int(file.name[:4])}\. .+", title)
    assert "\n\n" not in body.strip()
    parts = re.findall(r"\*\*(Context|Decision|Consequence|Alternative):\*\*", body)
    assert parts == ["Context", "Decision", "Consequence", "Alternative"]
