"""Every macro is documented with its arguments, and nothing is documented that isn't there."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

MACROS = Path(__file__).parents[3] / "macros"
SIGNATURE = re.compile(r"\{%-?\s*macro\s+(\w+)\(([^)]*)\)")


def test_every_macro_is_documented_with_its_arguments():
    written = {}
    for path in sorted(MACROS.glob("*.sql")):
        for name, arguments in SIGNATURE.findall(path.read_text("utf-8")):
            # `duckdb__name` is one adapter's version of `name`.
            if "__" not in name:
                names = [argument.split("=")[0].strip() for argument in arguments.split(",")]
                written[name] = [argument for argument in names if argument]
    documented = yaml.safe_load((MACROS / "_macros.yml").read_text("utf-8"))["macros"]
    assert {
        macro["name"]: [argument["name"] for argument in macro.get("arguments", [])]
        for macro in documented
    } == written
    for macro in documented:
        for each in (macro, *macro.get("arguments", [])):
            assert each["description"].strip(), (macro["name"], each["name"])
