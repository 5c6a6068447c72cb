"""Writes docs/reference/python.md from the docstrings of the package.

Usage: python make_docs.py [--check]   (--check: exit 1 where the page is not what would be written)
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Union

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "src" / "varve"
PAGE = HERE.parent / "docs" / "reference" / "python.md"

INTRO = """# Python

What the package `varve` offers, made from its docstrings. [From Python](../guide/python.md) shows a day's work;
what a name means here is what it means on the [command line](cli.md), and codes of errors are [the same](errors.md).
"""

#: Characters of a signature in one line.
WIDTH = 110

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def exported() -> list[str]:
    """The names of ``varve.__all__``."""
    for node in ast.parse((SOURCE / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    raise SystemExit("varve has no __all__")


def definitions() -> dict[str, tuple[ast.AST, list[str]]]:
    """Every class and function of the package by its name, with the lines of its file."""
    found: dict[str, tuple[ast.AST, list[str]]] = {}
    for file in sorted(SOURCE.glob("*.py")):
        text = file.read_text()
        for node in ast.parse(text).body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                found[node.name] = (node, text.splitlines())
    return found


def prose(docstring: str | None) -> str:
    """A docstring as Markdown: paragraphs as they are, sections of Google's style as lists."""
    lines = (docstring or "").splitlines()
    out: list[str] = []
    section = False
    for line in lines:
        if re.fullmatch(r"(Args|Raises|Attributes):", line):
            section = True
            out += ["" if line == "Args:" else f"\n{line}\n"]
        elif section and (item := re.match(r" {4}([\w, ]+): (.*)", line)):
            out.append(f"- `{item[1]}`: {item[2]}")
        elif section and line.startswith("        "):
            out[-1] += f" {line.strip()}"
        elif line.endswith("::"):
            out += [line[:-1], "", "```python not-run"]
        elif line.startswith("    ") and not section:
            out.append(line[4:])
        else:
            out.append(line)
    text = "\n".join(out)
    if "```python" in text:
        text = text.rstrip() + "\n```"
    text = re.sub(r":class:`(\w+)`", r"`\1`", text)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"``([^`]+)``", r"`\1`", text)).strip()


def signature(node: Function, name: str) -> str:
    arguments = ast.unparse(node.args)
    arguments = re.sub(r"^self(, )?", "", arguments)
    arguments = re.sub(r"(: [^,=]+(?:\[[^=]*\])?[^,=]*)=", r"\1 = ", arguments)
    returned = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    line = f"{name}({arguments}){returned}"
    if len(line) > WIDTH:
        each = "".join(f"    {one},\n" for one in re.split(r", (?=[\w*]+(?::|,|$)|\*)", arguments))
        line = f"{name}(\n{each}){returned}"
    return f"```python not-run\n{line}\n```"


def fields(node: ast.ClassDef, lines: list[str]) -> Iterator[str]:
    """The fields of a data class, with the comments that stand before them."""
    for each in node.body:
        if not isinstance(each, ast.AnnAssign) or ast.unparse(each.target).startswith("_"):
            continue
        said: list[str] = []
        at = each.lineno - 2
        while lines[at].strip().startswith("#:"):
            said.insert(0, lines[at].strip()[2:].strip())
            at -= 1
        note = f": {' '.join(said)}" if said else ""
        yield f"- `{ast.unparse(each.target)}: {ast.unparse(each.annotation)}`" + re.sub(r"``([^`]+)``", r"`\1`", note)


def methods(node: ast.ClassDef, prefix: str) -> Iterator[str]:
    for each in node.body:
        if not isinstance(each, ast.FunctionDef) or each.name.startswith("_"):
            continue
        is_property = any(ast.unparse(one) == "property" for one in each.decorator_list)
        if is_property:
            kind = f": {ast.unparse(each.returns)}" if each.returns is not None else ""
            yield f"`{prefix}{each.name}{kind}`\n\n{prose(ast.get_docstring(each))}"
        elif ast.get_docstring(each) is not None:
            yield f"{signature(each, prefix + each.name)}\n\n{prose(ast.get_docstring(each))}"


def described_class(name: str, node: ast.ClassDef, lines: list[str], with_methods: bool = True) -> str:
    parts = [f"### {name}", prose(ast.get_docstring(node))]
    found = list(fields(node, lines))
    if found:
        parts.append("\n".join(found))
    init = next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
    if init is not None and name in ("Repository", "VarveFileSystem"):
        parts.insert(1, signature(init, name).replace(" -> None", ""))
    if with_methods:
        parts += methods(node, ".")
    return "\n\n".join(part for part in parts if part)


def page() -> str:
    names, known = exported(), definitions()
    repository = known["Repository"][0]
    assert isinstance(repository, ast.ClassDef)
    own = {each.name: each for each in repository.body if isinstance(each, ast.FunctionDef)}
    functions, classes = [], []
    for name in names:
        node = own[name] if name in own else known[name][0]
        if isinstance(node, ast.FunctionDef):
            functions.append(
                f"### varve.{name}\n\n{signature(node, f'varve.{name}')}\n\n{prose(ast.get_docstring(node))}"
            )
        elif isinstance(node, ast.ClassDef):
            classes.append(described_class(name, node, known[name][1], name != "Repository"))
    return (
        "\n\n".join(
            [
                INTRO.rstrip(),
                "## Functions",
                "Those without a folder of their own work where the process stands.",
                *functions,
                "## Classes",
                *classes,
                "### Reports",
                "`Profile`, `DriftReport`, `DriftHistory` and `ValidationReport` have these beside their own:",
                *methods(_report(known), "."),
            ]
        )
        + "\n"
    )


def _report(known: dict[str, tuple[ast.AST, list[str]]]) -> ast.ClassDef:
    node = known["_Report"][0]
    assert isinstance(node, ast.ClassDef)
    return node


def main() -> None:
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.exit("docs/reference/python.md is behind the source: run `python python/make_docs.py`.")


if __name__ == "__main__":
    main()
