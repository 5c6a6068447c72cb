"""The page about Python is a program that works, and the reference follows the docstrings."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest
from conftest import INSTALLED, Sandbox

ROOT = Path(__file__).resolve().parents[2]


def test_the_guide_runs_and_prints_what_it_says(
    new_repository: Callable[[], Sandbox], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    if not INSTALLED:
        import fsspec

        from varve import VarveFileSystem

        fsspec.register_implementation("varve", VarveFileSystem, clobber=True)
    new_repository()
    page = (ROOT / "docs" / "guide" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    program = compile("\n".join(blocks), "docs/guide/python.md", "exec")
    exec(program, {"__name__": "guide"})
    printed = capsys.readouterr().out.splitlines()
    promised = re.findall(r"print\(.*\)  # (.*)$", "\n".join(blocks), re.MULTILINE)
    for words in promised:
        assert any(line.startswith(words.rstrip(" …")) for line in printed), (words, printed)


def test_the_reference_has_nothing_to_write() -> None:
    done = subprocess.run([sys.executable, ROOT / "python" / "make_docs.py", "--check"], check=False)
    assert done.returncode == 0
