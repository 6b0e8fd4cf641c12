"""No transaction waits for anything but the database: not for a thread, a parse, a compile, or another transaction.

The rule is read from the source text, so it does not depend on which tests run, on a program that is compiled already,
or on timing: whatever has a transaction awaits only what it gives the transaction to. A function that gets one has to
keep the rule itself, and so on down to the database. What waits without `await`, such as parsing in the event loop, is
caught while the tests run, by `tests/open_transactions.py`.
"""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowdeck
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL

SOURCE = Path(flowdeck.__file__).parent
TYPES = frozenset({"Transaction", "ReadTransaction", "Reading", "Writing"})
MAKES_THEM = SOURCE / "storage" / "database.py"


def broken_rules(tree: ast.AST) -> Iterator[str]:
    """What is awaited where there is a transaction, without being given it; and transactions that the rule loses."""
    opened: set[ast.expr] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncWith):
            items = [item for item in node.items if _opens_transaction(item.context_expr)]
            opened |= {item.context_expr for item in items}
            yield from _awaited_without(node.body, {name for item in items for name in _names(item.optional_vars)})
        elif isinstance(node, ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from _awaited_without(node.body, {one.arg for one in arguments if _names(one.annotation) & TYPES})
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and _opens_transaction(node) and node not in opened:
            yield f"line {node.lineno}: opens a transaction outside of `async with`"


def _awaited_without(body: list[ast.stmt], names: set[str]) -> Iterator[str]:
    if not names:
        return
    for node in (node for statement in body for node in ast.walk(statement)):
        awaited: list[ast.expr] = []
        if isinstance(node, ast.Await):
            awaited = [node.value]
        elif isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
            awaited = [node.iter]
        elif isinstance(node, ast.AsyncWith):
            awaited = [item.context_expr for item in node.items]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in names:
            yield f"line {node.lineno}: gives a transaction another name"
        for expression in awaited:
            if not _given(expression, names):
                yield f"line {expression.lineno}: waits for {ast.unparse(expression)}"


def _given(expression: ast.expr, names: set[str]) -> bool:
    """Whether it is a call of a transaction's method, or one that has the transaction among its arguments."""
    if not isinstance(expression, ast.Call):
        return False
    arguments = [*expression.args, *(keyword.value for keyword in expression.keywords)]
    return bool(_names(expression.func) & names) or any(
        isinstance(argument, ast.Name) and argument.id in names for argument in arguments
    )


def _opens_transaction(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"read", "write"}
        and ast.unparse(node.func.value).rpartition(".")[2] in {"database", "_database"}
    )


def _names(node: ast.AST | None) -> set[str]:
    return set() if node is None else {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


def test_no_transaction_waits_for_anything_but_the_database() -> None:
    files = sorted(set(SOURCE.rglob("*.py")) - {MAKES_THEM})
    broken = [
        f"{path.relative_to(SOURCE)}, {rule}" for path in files for rule in broken_rules(ast.parse(path.read_text()))
    ]
    assert len(files) > 200
    assert broken == []


@pytest.mark.parametrize(
    ("text", "waits_for"),
    [
        ("async with self._database.write(scope) as tx:\n  await self._programs.get(row)", "self._programs.get(row)"),
        ("async with database.read(scope) as tx:\n  await asyncio.to_thread(parse, str(tx))", "asyncio.to_thread"),
        ("async with database.read(scope) as tx:\n  async with database.write(scope) as other: pass", "database.write"),
        ("async with database.read(scope) as tx:\n  async for piece in file: pass", "file"),
        ("async with database.read(scope) as tx:\n  await event", "event"),
        (
            "async def f(self, tx: ReadTransaction) -> None:\n  return await self._programs.get(1)",
            "self._programs.get(1)",
        ),
        ("async def f(tx: Annotated[Transaction, 1]) -> None:\n  async def g(): await sleep(1)", "sleep(1)"),
        ("async def f(reading: Reading) -> None:\n  [one async for one in file]", "file"),
    ],
)
def test_waiting_within_a_transaction_is_noticed(text: str, waits_for: str) -> None:
    (rule,) = broken_rules(ast.parse(f"async def outer(self):\n  {text.replace(chr(10), chr(10) + '  ')}"))
    assert f"waits for {waits_for}" in rule


@pytest.mark.parametrize(
    "text",
    [
        "async with self._database.read(scope) as tx:\n  await tx.scalar(query)",
        "async with self._database.write(scope) as tx:\n  await (await tx.connection()).execute(query)",
        "async with self._database.read(scope) as tx:\n  await self._runs.get(tx, run_id)\nawait asyncio.sleep(1)",
        "async def f(tx: Transaction) -> None:\n  await self._adopt(tx, await self._runs.answer(tx, run))",
    ],
)
def test_waiting_for_the_database_is_not_a_mistake(text: str) -> None:
    assert list(broken_rules(ast.parse(f"async def outer(self):\n  {text.replace(chr(10), chr(10) + '  ')}"))) == []


@pytest.mark.parametrize(
    "text", ["opened = self._database.write(scope)", "async def f(tx: Transaction):\n  other = tx"]
)
def test_a_transaction_that_the_rule_would_lose_is_noticed(text: str) -> None:
    assert len(list(broken_rules(ast.parse(text)))) == 1


@pytest.mark.anyio
async def test_a_thread_within_a_transaction_fails_the_test(
    database: Database, waiting_transactions: list[str]
) -> None:
    async with database.write(LOCAL):
        beside = asyncio.create_task(asyncio.to_thread(str))  # the task has no transaction
        with pytest.raises(AssertionError, match="within a transaction"):
            await asyncio.to_thread(str)
        assert await beside == ""
    async with database.read(LOCAL):
        with pytest.raises(AssertionError, match="within a transaction"):
            await asyncio.to_thread(str)
    assert await asyncio.to_thread(str) == ""
    assert waiting_transactions == 2 * ["BaseEventLoop.run_in_executor"]
    waiting_transactions.clear()
