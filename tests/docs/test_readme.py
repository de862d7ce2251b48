"""The README says what the code does: its tables are held against what they describe."""

import re
import tomllib
from pathlib import Path

from typer.main import get_command

from cli.main import app
from cli.output import Exit
from clients.errors import ErrorCode
from config.settings import as_markdown

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BEGIN, END = "<!-- settings: begin -->\n", "<!-- settings: end -->"


def section(title: str) -> str:
    """Return the text under a heading."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_column(text: str) -> list[str]:
    """Return the first cell of every row of a section's tables, without heads."""
    rows = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    return [row.strip("`") for row in rows]


def test_the_two_commands_come_first() -> None:
    assert README.index("make run ") < README.index("make test ") < README.index("\n## ")


def test_the_settings_table_is_the_generated_one() -> None:
    found = README.partition(BEGIN)[2].partition(END)[0]
    assert found == as_markdown(), (
        "put the output of this between the two marks of the README: "
        '.venv/bin/python -c "from config.settings import as_markdown; print(as_markdown(), end=str())"'
    )


def test_every_process_of_the_procfile_is_described_with_its_queues() -> None:
    described = section("Processes")
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        row = next(row for row in described.splitlines() if row.startswith(f"| `{name}` |"))
        assert command.split()[3] in row
        assert all(f"`{queue}`" in row for queue in command.partition("--queues ")[2].split())


def test_every_error_code_has_one_row_that_says_what_to_do() -> None:
    codes = first_column(section("When an order fails"))
    assert [code for code in codes if code.isupper()] == list(ErrorCode)


def test_every_command_and_every_exit_code_is_listed() -> None:
    listed = section("The command line")
    commands = {cell.split()[1] for cell in first_column(listed) if cell.startswith("provision ")}
    assert set(get_command(app).commands) <= commands  # type: ignore[attr-defined]  # the app is a group of commands
    assert [cell for cell in first_column(listed) if cell.isdigit()] == [str(int(code)) for code in Exit]


def test_every_package_is_in_the_layout_of_the_house() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    folders = {cell.rstrip("/") for cell in first_column(section("The house"))}
    assert set(tool["importlinter"]["root_packages"]) <= folders
    assert all((ROOT / folder).is_dir() for folder in folders - {"Folder", "---"})


def test_every_make_target_that_is_named_exists_and_the_other_way_round() -> None:
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split())  # type: ignore[index]  # there is one
    assert set(re.findall(r"\bmake (run|[a-z]+)(?=[`\s])", README)) & targets == targets


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
