"""Each page of docs/guide/python/ does with the real package what it says, and prints what it says.

Skipped where VARVE_TOOL_VENVS names no folder, in which a venv is made for each page and kept.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tool_pages import PAGES, Reader, setup_script, venv_for

VENVS = os.environ.get("VARVE_TOOL_VENVS")

pytestmark = pytest.mark.skipif(
    VENVS is None, reason="VARVE_TOOL_VENVS names no folder for the venvs of the pages, which hold several GB"
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, environment: None) -> Path:
    """The repository that the first page has its reader make. Its commits are the same ones each time."""
    folder = tmp_path_factory.mktemp("pages")
    dates = {f"GIT_{role}_DATE": "2026-01-01T00:00:00Z" for role in ("AUTHOR", "COMMITTER")}
    home = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, **dates, "VARVE_HOME": home}
    subprocess.run(["bash", "-euc", setup_script()], cwd=folder, env=env, check=True)
    return folder / "flights"


@pytest.mark.parametrize("page", sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "index"))
def test_page(page: str, repository: Path, tmp_path: Path) -> None:
    assert VENVS is not None
    mine = tmp_path / "flights"
    shutil.copytree(repository, mine, symlinks=True)
    file = PAGES / f"{page}.md"
    Reader(mine, venv_for(file, Path(VENVS)), file).follow()
