"""Mutation testing: change the code in one place at a time, and see whether a test fails for it.

``python -m tests.mutants [MODULE...]``, or ``make mutants`` for all modules of ``TESTS``. A line
for each change that no test noticed goes to stdout; the exit status is 1 if there is one.

Each mutant runs in a fork of this process, which has imported the libraries but none of our code.
"""

import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.repository import ROOT

TESTS: dict[str, tuple[str, ...]] = {
    "lib.sailor.publisher": ("sailor/test_unit_publisher.py",),
    "lib.sailor.consumer": ("sailor/test_unit_consumer.py",),
    "lib.sailor.delivery": ("sailor/test_unit_ledger.py", "sailor/test_unit_consumer.py"),
    "lib.sailor.events": ("sailor/test_unit_emitter.py",),
    "lib.sailor.error_report": ("sailor/test_unit_emitter.py", "sailor/test_unit_worker.py"),
    "lib.sailor.worker": ("sailor/test_unit_worker.py",),
    "lib.sailor.amqp": ("sailor/test_unit_connection.py", "sailor/test_unit_publisher.py"),
    "lib.ecr.client": ("ecr/test_client.py", "ecr/test_retries.py", "ecr/test_clock.py"),
    "lib.ecr.role": ("ecr/test_roles.py",),
    "lib.ecr.adapter": ("ecr/test_wire.py", "ecr/test_bad_answers.py"),
}
LIBRARIES = ("botocore.session", "cryptography", "jsonschema", "orjson", "pika")
UNCHANGED_TIME_LIMIT = 120  # seconds

_OTHER_OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
}
_REMOVED = (ast.AugAssign, ast.Delete, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Mutant:
    """A module with one change.

    Args:
        module: Its name.
        line: The line of the change.
        change: What was changed, before and after.
        source: The changed source.
    """

    module: str
    line: int
    change: str
    source: str


def mutants_of(module: str) -> Iterator[Mutant]:
    """Yield all mutants of a module."""
    source = _file(module).read_text()
    tree = ast.parse(source)
    for number, (node, replacement) in enumerate(_replacements(tree)):
        changed = copy.deepcopy(tree)
        # The same walk over the copy finds the same node.
        target = next(
            each for place, (each, _) in enumerate(_replacements(changed)) if place == number
        )
        _Replace(target, replacement).visit(changed)
        after = ast.unparse(replacement) if replacement else "nothing"
        change = f"{ast.unparse(node)} -> {after}".replace("\n", " ")
        line = getattr(node, "lineno", 0)
        yield Mutant(module, line, change, ast.unparse(ast.fix_missing_locations(changed)))


class _Replace(ast.NodeTransformer):
    """Puts another node, or ``pass``, in a node's place."""

    def __init__(self, target: ast.AST, replacement: ast.AST | None) -> None:
        self._target = target
        self._replacement = replacement or ast.Pass()

    def visit(self, node: ast.AST) -> ast.AST:
        return self._replacement if node is self._target else self.generic_visit(node)


def _replacements(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.AST | None]]:  # noqa: C901 - a table
    """Yield each node that can be changed with what takes its place; None for nothing."""
    for node in _code(tree):
        match node:
            case ast.Compare(ops=[operator]) if type(operator) in _OTHER_OPERATORS:
                other = copy.copy(node)
                other.ops = [_other(operator)]  # type: ignore[list-item] # an operator, as before
                yield node, other
            case ast.BoolOp() | ast.BinOp() if type(node.op) in _OTHER_OPERATORS:
                other_operation = copy.copy(node)
                other_operation.op = _other(node.op)  # type: ignore[assignment] # likewise
                yield node, other_operation
            case ast.UnaryOp(op=ast.Not()):
                yield node, node.operand
            case ast.Constant(value=bool(value)):
                yield node, ast.Constant(not value)
            case ast.Constant(value=int(value) | float(value)):
                yield node, ast.Constant(value + 1)
            case ast.Expr(value=ast.Call()) | ast.Assign(targets=[ast.Attribute()]):
                yield node, None
            case ast.Assign(targets=[ast.Subscript()]):
                yield node, None
            case ast.If(test=ast.Name() | ast.Attribute() | ast.Call()):
                negated = copy.copy(node)
                negated.test = ast.UnaryOp(ast.Not(), node.test)
                yield node, negated
            case _ if isinstance(node, _REMOVED):
                yield node, None


def _other(operator: ast.AST) -> ast.AST:
    return _OTHER_OPERATORS[type(operator)]()


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Walk over a tree, but for annotations, f-strings and what writes to the log."""
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in field if isinstance(field, list) else [field]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and ast.unparse(child).startswith("log."):
                continue
            yield child
            yield from _code(child)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant instead of the module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._mutant.source, str(_file(self._mutant.module)), "exec")
        exec(code, module.__dict__)  # noqa: S102 - that is how a module is loaded


def _run(mutant: Mutant, tests: Sequence[str]) -> None:
    """Run the tests of a mutant, and end this process with their exit status."""
    sys.meta_path.insert(0, _Finder(mutant))
    options = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        status = pytest.main([*options, *(str(ROOT / "tests" / name) for name in tests)])
    os._exit(int(status))


def survivors(module: str, workers: int) -> Iterator[Mutant]:
    """Yield the mutants of a module that no test noticed.

    Raises:
        SystemExit: The module's tests fail without any change.
    """
    unchanged = Mutant(module, 0, "unchanged", _file(module).read_text())
    began = time.monotonic()
    if unchanged not in _unnoticed([unchanged], 1, UNCHANGED_TIME_LIMIT):
        raise SystemExit(f"{module}: its tests fail without any change")
    # The others run next to each other, which takes longer.
    limit = 5 * workers * (time.monotonic() - began)
    yield from _unnoticed(mutants_of(module), workers, limit)


def _unnoticed(mutants: Iterable[Mutant], workers: int, limit: float) -> Iterator[Mutant]:
    """Run mutants, some at a time, and yield those whose tests succeed within a time in seconds."""
    fork = multiprocessing.get_context("fork")
    waiting = deque(mutants)
    running: dict[ForkProcess, tuple[Mutant, float]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.popleft()
            process = fork.Process(target=_run, args=(mutant, TESTS[mutant.module]))
            process.start()
            running[process] = mutant, time.monotonic() + limit
        time.sleep(0.02)
        for process, (mutant, deadline) in list(running.items()):
            if process.is_alive() and time.monotonic() > deadline:
                process.kill()  # It hangs, and so is noticed.
                process.join()
            if not process.is_alive():
                del running[process]
                if process.exitcode == 0:
                    yield mutant


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def main(modules: Sequence[str]) -> int:
    """Mutate modules, and print what no test noticed."""
    for library in LIBRARIES:
        importlib.import_module(library)
    found = False
    for module in modules or TESTS:
        for mutant in survivors(module, os.cpu_count() or 1):
            found = True
            place = f"{mutant.module}:{mutant.line}"
            print(f"{place}: {mutant.change:.100}", flush=True)  # noqa: T201 - its output
        print(f"{module}: {len(list(mutants_of(module)))} mutants", flush=True)  # noqa: T201 - likewise
    return int(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
