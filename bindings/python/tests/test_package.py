# SPDX-License-Identifier: GPL-2.0-or-later
"""The package itself: its documentation, its types, its files."""

import ast
import doctest
import importlib.metadata
import os
import pathlib
import subprocess
import sys

import pytest

import conntrack
from conntrack import _conntrack, _errors, _flags


@pytest.mark.parametrize("module, least", [(conntrack, 16), (_errors, 2), (_flags, 1)])
def test_the_documentation_is_right(module, least):
    failed, attempted = doctest.testmod(module)
    assert failed == 0 and attempted >= least


@pytest.mark.parametrize("name", ["Flow", "Handle", "Mirror", "diagnose"])
def test_the_documentation_of_the_classes_is_right(name):
    found = doctest.DocTestFinder(recurse=False).find(getattr(conntrack, name), name, globs=dict(vars(conntrack)))
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    results = [runner.run(test) for test in found]
    assert sum(result.attempted for result in results) > 0 and sum(result.failed for result in results) == 0


def test_everything_public_is_documented():
    for name in conntrack.__all__:
        thing = getattr(conntrack, name)
        assert thing.__doc__, name
        if isinstance(thing, type) and issubclass(thing, (OSError, int)):
            continue
        for member, value in vars(thing).items() if isinstance(thing, type) else ():
            assert member.startswith("_") or getattr(value, "__doc__", None), f"{name}.{member}"


def folder():
    return pathlib.Path(conntrack.__file__).parent


def test_it_is_installed_and_typed():
    assert (folder() / "py.typed").exists()
    assert importlib.metadata.version("libconntrack").count(".") == 2


def mypy(*words):
    if subprocess.run([sys.executable, "-c", "import mypy"], capture_output=True).returncode != 0:
        pytest.skip("mypy is missing")
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True)


def test_the_types_are_right(tmp_path):
    checked = mypy("mypy", "--strict", "--cache-dir", str(tmp_path), str(folder()))
    assert checked.returncode == 0, checked.stdout
    program = tmp_path / "program.py"
    program.write_text('import conntrack\nfor flow in conntrack.list(dport=range(1, 9)):\n    print(flow.sport + 1)\n')
    checked = mypy("mypy", "--strict", "--cache-dir", str(tmp_path), str(program))
    assert checked.returncode == 1 and "Unsupported operand types" in checked.stdout, checked.stdout
    program.write_text('import conntrack\nconntrack.list(port=53)\n')
    assert "Unexpected keyword argument" in mypy("mypy", "--strict", str(program)).stdout


PROGRAM = """
from ipaddress import IPv4Network
from typing import Dict, List
import conntrack

ports: List[int] = [80, 443]
sources: List[str] = ["192.0.2.1"]
networks: List[IPv4Network] = [IPv4Network("192.0.2.0/24")]
names: Dict[int, str] = {80: "http"}
for flow in conntrack.list(dport=ports, src=sources, dst=networks, sport=names.keys(), labels=range(3)):
    print(flow.src)
for event in conntrack.events(losses="yield"):
    if event.flow is not None:
        print(event.flow.src)
"""


def test_programs_have_the_right_types(tmp_path, source):
    """The programs of the README, and one with variables, whose types are less known than those of literals."""
    readme = (source / "bindings/python/README.md").read_text()
    programs = [part.partition("```")[0] for part in readme.split("```python\n")[1:]]
    assert programs
    for number, text in enumerate([*programs, PROGRAM]):
        program = tmp_path / f"program{number}.py"
        program.write_text(text)
        checked = mypy("mypy", "--strict", "--cache-dir", str(tmp_path), str(program))
        assert checked.returncode == 0, checked.stdout


def test_the_stubs_are_those_of_the_module(tmp_path):
    checked = mypy("mypy.stubtest", "conntrack", "--mypy-config-file", os.devnull)
    if "disjoint" in checked.stdout:
        checked = mypy("mypy.stubtest", "conntrack", "--ignore-disjoint-bases", "--mypy-config-file", os.devnull)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("file", ["__init__.pyi", "_conntrack.pyi"])
def test_keywords_are_those_of_the_stubs(file):
    """The stubs have every keyword that is read, and no other one."""
    conditions, fields = set(_conntrack._CONDITIONS), set(_conntrack._FIELDS)
    others = {"flow", "netns", "table", "exist_ok", "dry_run"}
    changes = {"timeout", "mark", "status", "state", "labels", "helper"}
    translations = {"source_nat", "destination_nat"}
    stub = ast.parse((folder() / file).read_text())
    found = {}
    for node in ast.walk(stub):
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, {argument.arg for argument in node.args.kwonlyargs} - others)
    assert found["list"] == found["count"] == found["delete"] == conditions and len(conditions) > 20
    assert found["create"] == fields and found["update"] == changes and found["get"] == fields - changes - translations
    if file == "__init__.pyi":
        assert found["events"] == conditions | {"losses", "receive_buffer", "reliable"}


def test_it_needs_no_other_library():
    [module] = folder().glob("_conntrack*.so")
    needed = subprocess.run(["ldd", module], capture_output=True, text=True, check=True).stdout
    assert "netfilter" not in needed and "libmnl" not in needed
