# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs of the documentation, and those that use the C library through ctypes and cffi, on both libraries."""

import ast
import os
import subprocess
import sys

import pytest

# Runs a program and prints on standard error which library it has loaded.
RUN = """
import runpy, sys
runpy.run_path(sys.argv[1], run_name="__main__")
for path in sorted({line.split()[-1] for line in open("/proc/self/maps") if "libnetfilter_conntrack" in line}):
    print("loaded", path, file=sys.stderr)
"""


@pytest.fixture(params=["ours", "original"])
def library(request, source):
    """The file of a library, and the environment in which programs load it."""
    if request.param == "ours":
        path = source / "stage/lib/libnetfilter_conntrack.so.3"
        if not path.exists():
            pytest.skip("make stage has not been run")
        path = path.resolve()
    else:
        found = subprocess.run([source / "scripts/original.sh", "library"], capture_output=True, text=True)
        if found.returncode != 0:
            pytest.skip("no original library here")
        path = os.path.realpath(found.stdout.strip())
    return str(path), {**os.environ, "LD_LIBRARY_PATH": os.path.dirname(path)}


def tour(source):
    return (source / "bindings/tour.txt").read_text()


def test_the_tour(source):
    program = source / "bindings/python/examples/tour.py"
    assert subprocess.run([sys.executable, program], check=True, capture_output=True, text=True).stdout == tour(source)


@pytest.mark.parametrize("name", ["ctypes_tour", "cffi_tour"])
def test_the_c_library_from_python(source, library, name):
    if name == "cffi_tour":
        pytest.importorskip("cffi")
    path, environment = library
    program = source / f"examples/python/{name}.py"
    ran = subprocess.run([sys.executable, "-c", RUN, program], env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == tour(source)
    assert ran.stderr.split() == ["loaded", path]


def test_a_failure_is_reported(source):
    pytest.importorskip("cffi")
    program = source / "examples/python/ctypes_tour.py"
    environment = {**os.environ, "LD_LIBRARY_PATH": str(source / "stage/lib")}
    assert subprocess.run([sys.executable, program], env=environment, capture_output=True).returncode == 0
    subprocess.run([sys.executable, "-c", "import conntrack; conntrack.create(src='192.0.2.1', dst='198.51.100.2', "
                    "proto='udp', sport=40000, dport=53, timeout=60)"], check=True)
    for name in ("examples/python/ctypes_tour.py", "examples/python/cffi_tour.py", "bindings/python/examples/tour.py"):
        ran = subprocess.run([sys.executable, source / name], env=environment, capture_output=True, text=True)
        assert ran.returncode == 1 and "create" in ran.stderr and "File exists" in ran.stderr


def test_the_declarations_are_those_of_the_headers(source):
    fresh = subprocess.run([source / "scripts/python-declarations.py"], check=True, capture_output=True, text=True)
    assert fresh.stdout == (source / "examples/python/conntrack_declarations.h").read_text(), \
        "scripts/python-declarations.py >examples/python/conntrack_declarations.h"


def test_cffi_knows_every_function(source, library):
    cffi = pytest.importorskip("cffi")
    ffi = cffi.FFI()
    ffi.cdef((source / "examples/python/conntrack_declarations.h").read_text())
    opened = ffi.dlopen(library[0])
    exports = (source / "capi-tests/exports.txt").read_text().split()
    assert len(exports) == 105
    missing = {name for name in exports if not knows(opened, name)}
    # The header has one function that the original of Debian 12 does not have yet.
    assert missing <= ({"nfct_filter_dump_set_attr_u16"} if "stage" not in library[0] else set())


def knows(opened, name):
    try:
        return bool(getattr(opened, name))
    except AttributeError:
        return False


def test_the_numbers_of_the_ctypes_program_are_those_of_the_header(source, library):
    cffi = pytest.importorskip("cffi")
    ffi = cffi.FFI()
    ffi.cdef((source / "examples/python/conntrack_declarations.h").read_text())
    opened = ffi.dlopen(library[0])
    program = ast.parse((source / "examples/python/ctypes_tour.py").read_text())
    checked = 0
    for node in program.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.Name)):
            names = getattr(node.targets[0], "elts", [node.targets[0]])
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for name, value in zip(names, values):
                if name.id.startswith(("ATTR_", "NFCT_", "CONNTRACK")):
                    assert getattr(opened, name.id) == ast.literal_eval(value), name.id
                    checked += 1
    assert checked >= 20
