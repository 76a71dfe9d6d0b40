"""Print the part of requirements.lock that something needs: `python infra/locked.py [NAME...]`.

Without names: what the project needs to run, none of its extras. Reads pyproject.toml and requirements.lock
in the current folder. Needs nothing but Python, so that an image can be built with it.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

_BLOCK = re.compile(r"^(?=[A-Za-z0-9])", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VIA = re.compile(r"^    #(?: via)? +([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)


def part_of(lock: str, roots: Iterable[str]) -> str:
    """Return the blocks of a lock file that the roots need, themselves included.

    A block says which packages asked for it (`# via`). Raises KeyError for a root that is not in the lock.
    """
    blocks = [(_name(block), block) for block in _BLOCK.split(lock)[1:]]
    asked_by: dict[str, set[str]] = {}
    for name, block in blocks:
        asked_by.setdefault(name, set()).update(_normal(each) for each in _VIA.findall(block))
    needed = {_normal(root) for root in roots}
    if unknown := sorted(needed - set(asked_by)):
        raise KeyError(f"not in the lock file: {', '.join(unknown)}")
    while more := {name for name, by in asked_by.items() if by & needed} - needed:
        needed |= more
    return "".join(block for name, block in blocks if name in needed)


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    if found is None:
        raise ValueError(f"no requirement: {requirement!r}")
    return _normal(found[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _of_project() -> list[str]:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    return [_name(requirement) for requirement in project["dependencies"]]


if __name__ == "__main__":
    sys.stdout.write(part_of(Path("requirements.lock").read_text(), sys.argv[1:] or _of_project()))
