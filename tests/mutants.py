"""Mutation testing: change the code in one place at a time, and see whether a test fails for it.

``python -m tests.mutants [MODULE...]``, or ``make mutants`` for all modules of ``TESTS``. A line
for each change that no test noticed goes to stdout, and one for each module; the exit status is 1
if there is a change that ``mutants.toml`` does not list as equivalent, with the reason why no test
can notice it.

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
import tomllib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.repository import ROOT

_HTTP_TESTS = (
    "http/test_transport.py",
    "http/test_deadlines.py",
    "http/test_hostile_servers.py",
    "ecr/test_bad_answers.py",
)
# The files that notice a change, the quickest first.
TESTS: dict[str, tuple[str, ...]] = {
    "lib.sailor.publisher": ("sailor/test_unit_publisher.py",),
    "lib.sailor.consumer": ("sailor/test_unit_consumer.py",),
    "lib.sailor.delivery": ("sailor/test_unit_ledger.py", "sailor/test_unit_consumer.py"),
    "lib.sailor.events": ("sailor/test_unit_emitter.py", "sailor/test_unit_worker.py"),
    "lib.sailor.payload": ("sailor/test_unit_emitter.py", "sailor/test_unit_worker.py"),
    "lib.sailor.error_report": ("sailor/test_unit_emitter.py", "sailor/test_unit_worker.py"),
    "lib.sailor.worker": ("sailor/test_unit_worker.py",),
    "lib.sailor.amqp": ("sailor/test_unit_connection.py", "sailor/test_unit_publisher.py"),
    "lib.ecr.client": (
        "ecr/test_client.py",
        "ecr/test_throttling.py",
        "ecr/test_retries.py",
        "ecr/test_roles.py",
        "ecr/test_bad_answers.py",
    ),
    "lib.ecr.role": ("ecr/test_roles.py",),
    "lib.http.adapter": _HTTP_TESTS,
    "lib.http.connection": ("http/test_tunnel.py", *_HTTP_TESTS),
    "lib.http.response": ("http/test_response.py", *_HTTP_TESTS),
    "lib.http.transport": _HTTP_TESTS,
}
EQUIVALENT = ROOT / "tests" / "mutants.toml"
LIBRARIES = (
    "botocore.session",
    "cryptography",
    "hypothesis.internal.conjecture.engine",
    "hypothesis.strategies",
    "httptools",
    "jsonschema",
    "orjson",
    "pika",
    "requests",
)
OPTIONS = ("-x", "-q", "--assert=plain", "-p", "no:cacheprovider")
UNCHANGED_TIME_LIMIT = 120  # seconds
LEAST_TIME_LIMIT = 5  # seconds

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
        change: What was changed, where, before and after; different for each mutant of a module.
        source: The changed source.
    """

    module: str
    line: int
    change: str
    source: str


@dataclass(frozen=True)
class Result:
    """What became of a mutant.

    Args:
        mutant: The mutant.
        survived: Whether no test noticed it.
        hung: Whether it was noticed because the tests did not end.
    """

    mutant: Mutant
    survived: bool
    hung: bool = False


def mutants_of(module: str) -> Iterator[Mutant]:
    """Yield all mutants of a module."""
    source = _file(module).read_text()
    tree = ast.parse(source)
    contexts = _contexts(tree)
    seen: Counter[str] = Counter()
    for node, replacement in _replacements(tree):
        changed = _copy(tree, node, replacement)
        change = contexts[node].change(node, replacement)
        seen[change] += 1
        if seen[change] > 1:
            change += f" ({seen[change]})"
        line = getattr(node, "lineno", 0)
        yield Mutant(module, line, change, ast.unparse(ast.fix_missing_locations(changed)))


@dataclass(frozen=True)
class _Context:
    """Where a node is.

    Args:
        scope: The name of the class and the function that it is in.
        parent: The node above it.
    """

    scope: str
    parent: ast.AST

    def change(self, node: ast.AST, replacement: ast.AST | None) -> str:
        """Return what a change is; that of a constant, with what it stands in."""
        if replacement is None:
            text = f"{ast.unparse(node)} -> nothing"
        elif isinstance(node, ast.If) and isinstance(replacement, ast.If):
            text = f"if {ast.unparse(node.test)} -> if {ast.unparse(replacement.test)}"
        elif isinstance(node, ast.Constant) and not isinstance(self.parent, ast.arguments):
            place = _copy(self.parent, node, replacement)
            text = f"{ast.unparse(self.parent)} -> {ast.unparse(place)}"
        else:
            text = f"{ast.unparse(node)} -> {ast.unparse(replacement)}"
        return f"{self.scope}: {' '.join(text.split())}"


def _copy(tree: ast.AST, node: ast.AST, replacement: ast.AST | None) -> ast.AST:
    """Return a copy of a tree with another node, or ``pass``, in a node's place."""
    return copy.deepcopy(tree, {id(node): replacement or ast.Pass()})


def _contexts(tree: ast.AST, scope: str = "") -> dict[ast.AST, _Context]:
    """Return where each node below another one is."""
    contexts = {}
    for node in ast.iter_child_nodes(tree):
        contexts[node] = _Context(scope or "module", tree)
        name = getattr(node, "name", None)
        inner = isinstance(node, ast.FunctionDef | ast.ClassDef)
        contexts |= _contexts(node, f"{scope}.{name}".strip(".") if inner else scope)
    return contexts


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
    os.environ["TEST_WAIT_SECONDS"] = "2"
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nothing, stream.fileno())
    status = pytest.main([*OPTIONS, *(str(ROOT / "tests" / name) for name in tests)])
    os._exit(int(status))


def results(module: str, workers: int) -> Iterator[Result]:
    """Yield what became of each mutant of a module.

    Raises:
        SystemExit: The module's tests fail without any change.
    """
    unchanged = Mutant(module, 0, "unchanged", _file(module).read_text())
    began = time.monotonic()
    [control] = _run_all([unchanged], 1, UNCHANGED_TIME_LIMIT)
    if not control.survived:
        raise SystemExit(f"{module}: its tests fail without any change")
    # The others run next to each other, which takes longer.
    limit = max(3 * workers * (time.monotonic() - began), LEAST_TIME_LIMIT)
    yield from _run_all(mutants_of(module), workers, limit)


def _run_all(mutants: Iterable[Mutant], workers: int, limit: float) -> Iterator[Result]:
    """Run mutants, some at a time, each for so many seconds at most."""
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
            hangs = process.is_alive() and time.monotonic() > deadline
            if hangs:
                process.kill()
                process.join()
            if not process.is_alive():
                del running[process]
                yield Result(mutant, process.exitcode == 0, hangs)


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def _report(module: str, equivalent: Mapping[str, str]) -> bool:
    """Print what became of a module's mutants, and return whether all is well."""
    began = time.monotonic()
    found = list(results(module, os.cpu_count() or 1))
    survivors = [result.mutant for result in found if result.survived]
    listed = [mutant for mutant in survivors if mutant.change in equivalent]
    missed = [mutant for mutant in survivors if mutant.change not in equivalent]
    for mutant in sorted(missed, key=lambda mutant: mutant.line):
        print(f"{mutant.module}:{mutant.line}: {mutant.change}")  # noqa: T201 - its output
    wrong = sorted(set(equivalent) - {mutant.change for mutant in survivors})
    for change in wrong:
        print(f"{module}: listed as equivalent, but noticed or gone: {change}")  # noqa: T201 - likewise
    hung = sum(result.hung for result in found)
    print(  # noqa: T201 - likewise
        f"{module}: {len(found)} mutants, {len(found) - len(survivors)} killed ({hung} hung), "
        f"{len(missed)} survive, {len(listed)} equivalent; {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return not missed and not wrong


def main(modules: Sequence[str]) -> int:
    """Mutate modules, and print what no test noticed."""
    for library in LIBRARIES:
        importlib.import_module(library)
    equivalent = tomllib.loads(EQUIVALENT.read_text())
    is_well = True
    for module in modules or TESTS:
        is_well &= _report(module, equivalent.get(module, {}))
    return int(not is_well)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
