"""Every test that docs/promises.md names exists: a promise without its test is none."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sources() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", TEXT))))
def test_a_test_that_is_named_exists(sources: str, name: str) -> None:
    assert f"def {name}(" in sources


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/.]+)`", TEXT))))
def test_a_file_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()
