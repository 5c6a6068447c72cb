"""The pages of docs/guide/python/: their code blocks, and how a reader runs them."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "guide" / "python"

_FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CHECKER = doctest.OutputChecker()
#: Runs each program that it is told of as the next cell of a notebook, and ends what it prints with a record separator.
_CELLS = """
import sys, traceback
import __main__
for line in sys.stdin:
    cell = line.rstrip()
    try:
        with open(cell, encoding="utf-8") as file:
            exec(compile(file.read(), cell, "exec"), __main__.__dict__)
        end = "done"
    except BaseException:
        traceback.print_exc()
        end = "failed"
    print(chr(30) + end, flush=True)
"""


@dataclass(frozen=True)
class Block:
    """A fenced code block; ``mark`` is what stands behind the language: the name of a file, ``not-run``."""

    language: str
    mark: str
    code: str


def blocks_of(page: Path) -> list[Block]:
    return [Block(*found) for found in _FENCE.findall(page.read_text(encoding="utf-8"))]


def setup_script() -> str:
    """The commands of the first page, which make the repository that the others start from."""
    return "".join(block.code for block in blocks_of(PAGES / "index.md") if block.language == "sh" and not block.mark)


def requirements_of(page: Path) -> list[str]:
    """What the page has its reader install, without varve."""
    for block in blocks_of(page):
        if block.code.startswith("pip install "):
            return [word for word in shlex.split(block.code)[2:] if word != "varve"]
    raise AssertionError(f"{page.name} does not say what to install")


def venv_for(page: Path, folder: Path) -> Path:
    """A venv with what the page names and the varve of this source tree. It is kept for the next run."""
    venv = folder / page.stem
    wanted = [*requirements_of(page), "-e", str(ROOT / "python")]
    stamp = venv / "requirements.txt"
    installed = "\n".join([*wanted, (ROOT / "python" / "pyproject.toml").read_text(encoding="utf-8")])
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == installed:
        return venv
    uv = shutil.which("uv")
    if uv is not None:
        subprocess.run([uv, "venv", "-q", "--allow-existing", str(venv)], check=True)
        install = [uv, "pip", "install", "-q", "--python", str(venv / "bin" / "python")]
    else:
        subprocess.run(["python3", "-m", "venv", str(venv)], check=True)
        install = [str(venv / "bin" / "python"), "-m", "pip", "install", "-q"]
    subprocess.run([*install, *wanted], check=True)
    stamp.write_text(installed, encoding="utf-8")
    return venv


class Reader:
    """Someone who follows a page: in a folder, with a venv that is active."""

    def __init__(self, folder: Path, venv: Path, page: Path) -> None:
        self._folder = folder
        self._page = page
        self._env = {
            **os.environ,
            "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "VIRTUAL_ENV": str(venv),
            "PYTHONWARNINGS": "ignore",
            "NO_COLOR": "1",
            "VARVE_HOME": str(ROOT),
            # A machine that is busy with other tests takes its time to start a cluster.
            "RAY_raylet_start_wait_time_s": "300",
        }
        self._cells: subprocess.Popen[str] | None = None
        self._said = folder.parent / "stderr.txt"
        self._count = 0

    def follow(self) -> None:
        """Do what the page says, and hold what is printed against what it says is printed."""
        blocks = [block for block in blocks_of(self._page) if block.mark != "not-run"]
        try:
            for block, following in zip(blocks, [*blocks[1:], None]):
                printed = self._do(block)
                if following is not None and following.language == "text":
                    self._compare(block, following.code, printed)
        finally:
            if self._cells is not None:
                self._cells.communicate(timeout=60)

    def _do(self, block: Block) -> str:
        if block.language == "python" and not block.mark:
            return self._run_cell(block.code)
        if block.language == "python":
            target = self._folder / block.mark
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.code, encoding="utf-8")
        if block.language == "sh":
            return self._run_commands(block.code)
        return ""

    def _run_commands(self, code: str) -> str:
        with self._said.open("a") as said:
            done = subprocess.run(
                ["bash", "-c", f"set -eu -o pipefail\n{code}"],
                cwd=self._folder,
                env=self._env,
                stdout=subprocess.PIPE,
                stderr=said,
                stdin=subprocess.DEVNULL,
                text=True,
                check=False,
            )
        assert done.returncode == 0, self._failure(code, done.stdout)
        return done.stdout

    def _run_cell(self, code: str) -> str:
        if self._cells is None:
            self._cells = subprocess.Popen(
                ["python", "-u", "-c", _CELLS],
                executable=shutil.which("python", path=self._env["PATH"]),
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said.open("a"),
                text=True,
            )
        assert self._cells.stdin is not None and self._cells.stdout is not None
        self._count += 1
        cell = self._folder.parent / f"cell-{self._count}.py"
        cell.write_text(code, encoding="utf-8")
        print(cell, file=self._cells.stdin, flush=True)
        printed = []
        for line in self._cells.stdout:
            # What a cell printed last may have no end of line.
            text, separator, end = line.partition("\x1e")
            printed.append(text)
            if separator and end == "done\n":
                return "".join(printed)
            if separator:
                break
        raise AssertionError(self._failure(code, "".join(printed)))

    def _compare(self, block: Block, expected: str, printed: str) -> None:
        matches = _CHECKER.check_output(expected, printed, doctest.ELLIPSIS)
        assert matches, self._failure(block.code, f"{printed}\n--- where the page says:\n{expected}")

    def _failure(self, code: str, printed: str) -> str:
        said = self._said.read_text(encoding="utf-8", errors="replace")[-4000:]
        return f"{self._page.name}:\n{code}\n--- printed:\n{printed}\n--- stderr:\n{said}"
