"""Write what equite is made of as installed here, in CycloneDX 1.6: ``python docs/bill_of_materials.py FILE``.

A release carries it beside its wheel: each distribution that equite needs, with its version, licence and what it
needs in turn. Extras are left out.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement


def key(name: str) -> str:
    """Give a distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needs(name: str) -> list[str]:
    """Give what a distribution needs here, its extras apart."""
    wanted = map(Requirement, metadata.requires(name) or [])
    return sorted({key(each.name) for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})})


def reference(name: str) -> str:
    return f"pkg:pypi/{name}@{metadata.version(name)}"


def component(name: str) -> dict[str, Any]:
    about = metadata.metadata(name)
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference(name),
        "name": name,
        "version": metadata.version(name),
    }
    found["purl"] = reference(name)
    # A whole text of a licence stands in some; its name does in the others.
    if licence := about.get("License-Expression"):
        found["licenses"] = [{"expression": licence}]
    elif (licence := about.get("License")) and len(licence) <= 80:
        found["licenses"] = [{"license": {"name": licence}}]
    return found


def bill() -> dict[str, Any]:
    """Give the bill, every distribution in the order of its name."""
    needed, waiting = {}, ["equite"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = needs(name)
            waiting += needed[name]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component("equite")},
        "components": [component(name) for name in sorted(needed) if name != "equite"],
        "dependencies": [
            {"ref": reference(name), "dependsOn": [reference(each) for each in needed[name]]} for name in sorted(needed)
        ],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(bill(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
