"""Mutation testing of the money rules: a file is made wrong in one place at a time, and its tests
must notice.

``python scripts/mutants.py`` goes through :data:`TARGETS`, ``python scripts/mutants.py ledger.py
splits/`` through those whose path holds one of the words. It prints the mutants that survive and
how many were killed; ``tests/mutation.md`` keeps what came of it.

What mutmut does not: a module's own statements (most of our SQL) are mutated, too. A mutant lives
in a forked process only, nothing is written. It is held against the tests that enter its function,
the quickest first, or against all where it is entered at import only; tests that need a server or
are marked slow are left out. What a person reads (texts in ``_()``) is not mutated: the catalogue
check holds those, and no rule rests on them.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import gc
import importlib
import importlib.machinery
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import grimp
import hypothesis
import pytest

MONEY = "crm_tui/services/money"
_EXAMPLES = "tests/unit/test_money_examples.py"
_ORDERS = (
    *(_EXAMPLES, "tests/unit/test_order_entries.py", "tests/unit/test_refund_terms.py"),
    "tests/services/test_order_money.py",
)
_SPLITS = (_EXAMPLES, "tests/unit/test_split_rules.py", "tests/services/test_splits.py")
_SETTLEMENT = (
    _EXAMPLES,
    "tests/unit/test_settlement_rules.py",
    "tests/services/test_settlement.py",
)
_LEDGER = ("tests/services/test_ledger.py", "tests/services/test_import_undo.py")
TARGETS: dict[str, Sequence[str]] = {
    f"{MONEY}/accounts.py": (_EXAMPLES, *_LEDGER),
    f"{MONEY}/ledger.py": _LEDGER,
    f"{MONEY}/balances.py": _LEDGER,
    f"{MONEY}/order_entries.py": _ORDERS,
    f"{MONEY}/order_standing.py": _ORDERS,
    f"{MONEY}/refunding.py": _ORDERS,
    f"{MONEY}/refund_terms.py": _ORDERS,
    f"{MONEY}/splits/rules.py": _SPLITS,
    f"{MONEY}/splits/definition.py": _SPLITS,
    f"{MONEY}/splits/notation.py": _SPLITS,
    f"{MONEY}/splits/words.py": _SPLITS,
    f"{MONEY}/splits/standing.py": _SPLITS,
    f"{MONEY}/splits/in_force.py": _SPLITS,
    f"{MONEY}/settlement/rules.py": _SETTLEMENT,
    f"{MONEY}/settlement/freeze.py": (*_SETTLEMENT, *_ORDERS),
    f"{MONEY}/settlement/windows.py": (*_SETTLEMENT, *_ORDERS),
    f"{MONEY}/settlement/dues.py": _SETTLEMENT,
    f"{MONEY}/settlement/plan.py": _SETTLEMENT,
}
"""Each file that decides on money, and the tests that are there for it."""

PATIENCE = 60.0
"""Seconds after which a mutant that does not end counts as killed."""
_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult, ast.Mod: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd,
}  # fmt: skip
_OPTIONS = (
    *("-q", "-x", "--tb=no", "--assert=plain", "-m", "not postgres and not slow"),
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"),
)
"""One failure is enough, and nobody reads it: without looking for garbage a run takes a third."""
_WORDS = frozenset({"_", "N_", "ngettext"})
_TYPES = frozenset({"tuple", "Callable", "Sequence", "Mapping"})


@dataclass(frozen=True)
class Mutant:
    """One thing made wrong."""

    line: int
    what: str
    lines: range | None
    """Those of the function that it is in; None for a module's own statements."""
    code: CodeType


Edit = Callable[[Any], None]


def mutants(source: str, name: str) -> Iterator[Mutant]:
    """All mutants of a module."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    skipped = _skipped(nodes)
    functions = [_lines(node) for node in nodes if isinstance(node, ast.FunctionDef)]
    for at, node in enumerate(nodes):
        for what, edit in () if id(node) in skipped else _edits(node):
            wrong = copy.deepcopy(tree)
            edit(list(ast.walk(wrong))[at])
            line = getattr(node, "lineno", 0)
            around = max((one for one in functions if line in one), key=len, default=None)
            code = compile(ast.fix_missing_locations(wrong), name, "exec")
            yield Mutant(line, what, around, code)


def _lines(node: ast.FunctionDef) -> range:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return range(first, (node.end_lineno or first) + 1)


def _skipped(nodes: Sequence[ast.AST]) -> set[int]:
    """Docstrings, annotations, decorators, type aliases, texts for people."""
    roots: list[ast.AST] = []
    for node in nodes:
        match node:
            case ast.Expr(value=ast.Constant()):
                roots.append(node)
            case (
                ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation)
            ):
                roots.append(annotation)
            case ast.Assign(value=ast.Subscript(value=ast.Name(id=name))) if name in _TYPES:
                roots.append(node)
            case ast.Call(func=ast.Name(id=name), args=args) if name in _WORDS:
                roots += [one for one in args if isinstance(one, ast.Constant)]
        if isinstance(node, ast.FunctionDef) and node.returns:
            roots.append(node.returns)
        roots += getattr(node, "decorator_list", [])
    return {id(each) for root in roots for each in ast.walk(root)}


def _edits(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    """What can be made wrong of a node."""
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                if type(op) in _OTHER:
                    yield _named(op), lambda it, place=place: _swap_op(it, place)
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.UnaryOp(op=op) if type(op) in _OTHER:
            yield _named(op), lambda it: setattr(it, "op", _OTHER[type(it.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield "not left out", _without_not
        case ast.Constant(value=bool() as value):
            yield f"{value} the other way", lambda it: setattr(it, "value", not it.value)
        case ast.Constant(value=int() as value):
            yield f"{value} + 1", lambda it: setattr(it, "value", it.value + 1)
        case ast.Constant(value=str() as value) if value:
            yield f"{value[:30]!r} changed", lambda it: setattr(it, "value", f"XX{it.value}XX")
        case ast.IfExp():
            yield "branches swapped", _swap_branches
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield "returns None", lambda it: setattr(it, "value", ast.Constant(None))
        case ast.Assign(value=value) if not isinstance(value, ast.Constant):
            yield "assigns None", lambda it: setattr(it, "value", ast.Constant(None))
        case ast.Call(func=ast.Name(id="min" | "max" as name)):
            other = {"min": "max", "max": "min"}[name]
            yield f"{name} → {other}", lambda it: setattr(it.func, "id", other)
        case ast.Expr(value=ast.Call()):
            yield "not called", lambda it: setattr(it, "value", ast.Constant(None))
        case ast.Raise():
            yield (
                "raises another",
                lambda it: setattr(it, "exc", ast.Name("ArithmeticError", ast.Load())),
            )


def _named(op: ast.AST) -> str:
    return f"{type(op).__name__} → {_OTHER[type(op)].__name__}"


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _swap_op(node: Any, place: int) -> None:
    node.ops[place] = _OTHER[type(node.ops[place])]()


def _without_not(node: Any) -> None:
    node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)


def _swap_branches(node: Any) -> None:
    node.body, node.orelse = node.orelse, node.body


class _Loader(importlib.machinery.SourceFileLoader):
    """Gives a module other code than that of its file."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname: str) -> CodeType:
        return self.code


@dataclass
class _Finder:
    """Finds one module only: the wrong one."""

    name: str
    path: str
    code: CodeType

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.name:
            return None
        loader = _Loader(name, self.path, self.code)
        return importlib.machinery.ModuleSpec(name, loader, origin=self.path)


@dataclass(eq=False)
class _Watch:
    """Which functions of a file each test enters, and how long it takes."""

    path: str
    entered: dict[str, set[int]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        seen = self.entered.setdefault(item.nodeid, set())

        def enter(frame: FrameType, _event: str, _arg: object) -> None:
            if frame.f_code.co_filename == self.path:
                seen.add(frame.f_code.co_firstlineno)

        began = time.monotonic()
        threading.settrace(enter)
        sys.settrace(enter)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            self.seconds[item.nodeid] = time.monotonic() - began


@dataclass
class Target:
    """A file and its tests, run in a process of their own each time."""

    path: str
    tests: Sequence[str]

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")

    @property
    def file(self) -> str:
        return str(Path(self.path).resolve())

    def watch(self) -> _Watch:
        """The tests with the file as it is. Raises ``SystemExit`` where they fail."""
        watch = _Watch(self.file)
        code = compile(Path(self.path).read_text("utf-8"), self.file, "exec")
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as found:

            def tell() -> None:
                told = {test: sorted(lines) for test, lines in watch.entered.items()}
                seen = json.dumps([told, watch.seconds, list(sys.modules)])
                Path(found.name).write_text(seen, "utf-8")

            if self._run(code, self.tests, (watch,), tell, None):
                raise SystemExit(f"{self.path}: its tests fail as it is")
            entered, watch.seconds, loaded = json.load(found)
        watch.entered = {test: set(lines) for test, lines in entered.items()}
        self._load(loaded)
        return watch

    def _load(self, names: Sequence[str]) -> None:
        """Load what the tests load, but for what rests on the file: so no fork has to."""
        resting = grimp.build_graph("crm_tui").find_downstream_modules(self.module)
        for name in names:
            if name not in {*resting, self.module} and not name.startswith(("tests", "test_")):
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)
        gc.collect()
        gc.freeze()

    def kills(self, mutant: Mutant, watch: _Watch) -> bool:
        """Whether a test notices."""
        quickest = sorted(watch.seconds, key=watch.seconds.__getitem__)
        within = set(mutant.lines or ())
        tests = [test for test in quickest if watch.entered[test] & within] or quickest
        return self._run(mutant.code, tests, (), lambda: None, PATIENCE) != 0

    def _run(
        self,
        code: CodeType,
        tests: Sequence[str],
        plugins: Sequence[object],
        after: Callable[[], None],
        patience: float | None,
    ) -> int:
        """What pytest answers with the module made of ``code``."""
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                _silence()
                sys.meta_path.insert(0, _Finder(self.module, self.file, code))  # type: ignore[arg-type]
                answer = int(pytest.main([*_OPTIONS, *tests], plugins=list(plugins)))
                after()
                os._exit(answer)
            os._exit(70)
        return _wait(child, patience)


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _wait(child: int, patience: float | None) -> int:
    began = time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG if patience else 0)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if patience and time.monotonic() - began > patience:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.01)


def examine(target: Target) -> tuple[int, int]:
    """Print the survivors of a file; answers how many mutants were killed, of how many."""
    source = Path(target.path).read_text("utf-8")
    lines = source.splitlines()
    watch = target.watch()
    killed = number = 0
    for mutant in mutants(source, target.file):
        number += 1
        if target.kills(mutant, watch):
            killed += 1
        else:
            told = lines[mutant.line - 1].strip() if mutant.line else ""
            print(f"  {target.path}:{mutant.line}  {mutant.what}  | {told}", flush=True)
    print(f"{target.path}: {killed} of {number} killed", flush=True)
    return killed, number


def main(words: Sequence[str]) -> int:
    """0 where nine tenths of all mutants were killed."""
    sys.path.insert(0, str(Path.cwd()))
    hypothesis.settings.register_profile("mutants", max_examples=25, derandomize=True)
    hypothesis.settings.load_profile("mutants")
    chosen = [
        Target(path, tests)
        for path, tests in TARGETS.items()
        if not words or any(word in path for word in words)
    ]
    killed, number = map(sum, zip(*map(_apart, chosen), strict=True))
    print(f"{killed} of {number} killed, {killed / max(number, 1):.1%}")
    return int(killed < 0.9 * number)


def _apart(target: Target) -> tuple[int, int]:
    """:func:`examine` in a process of its own: what it loads is of no other's business."""
    reading, writing = os.pipe()
    if not os.fork():
        os.write(writing, json.dumps(examine(target)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        answer = told.read()
    os.wait()
    if not answer:
        raise SystemExit(1)
    killed, number = json.loads(answer)
    return killed, number


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
