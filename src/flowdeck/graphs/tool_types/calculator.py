"""calculator: sums."""

import ast
import asyncio
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException, localcontext
from typing import Any, ClassVar, Literal

from pydantic import JsonValue
from typing_extensions import override

from flowdeck.graphs.tool_types.base import Tool, ToolExample, ToolSetting, ToolSpec, arguments

MAX_EXPRESSION = 200
MAX_EXPONENT = 1000
MAX_DIGITS = 1000
_DESCRIPTION = "Does arithmetic: + - * / // % ** and parentheses."
_ARGUMENTS = arguments(
    ["expression"],
    expression={"type": "string", "maxLength": MAX_EXPRESSION, "description": "such as 12 * (3 + 4)"},
)
_EXAMPLES = (
    ToolExample(user="What is 12 times 7?", args={"expression": "12 * 7"}),
    ToolExample(user="How much is 100 divided by 8?", args={"expression": "100 / 8"}),
    ToolExample(user="Add 15 and 27, please.", args={"expression": "15 + 27"}),
)


class CalculatorTool(ToolSpec):
    """The keys of a tool of type calculator."""

    without_file: ClassVar[bool] = True

    type: Literal["calculator"]

    @override
    def tool(self, name: str, setting: ToolSetting) -> Tool:
        return Tool(
            name, self.type, self.description or _DESCRIPTION, _ARGUMENTS, calculator, self.examples or _EXAMPLES
        )


TOOL_TYPE = CalculatorTool


_BINARY: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


async def calculator(args: Mapping[str, Any], _key: str) -> JsonValue:
    """The value of an arithmetic expression, as text: exact for whole numbers, to 28 digits otherwise."""
    expression = str(args["expression"]).strip().replace("×", "*").replace("÷", "/").replace("^", "**").rstrip("= ?")
    return await asyncio.to_thread(_calculate, expression)


def _calculate(expression: str) -> str:
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{expression!r} is not an arithmetic expression") from error
    with localcontext() as context:
        context.prec = MAX_DIGITS
        try:
            value = _number(tree.body)
            context.prec = 28
            exact = value == value.to_integral_value()
        except DecimalException as error:
            raise ValueError(f"{expression!r} has no value, or one that is too large") from error
        if exact:
            if value.adjusted() > MAX_DIGITS:
                raise ValueError(f"the result has more than {MAX_DIGITS} digits")
            return str(int(value))
        return f"{(+value).normalize():f}"


def _number(node: ast.expr) -> Decimal:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Decimal(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _number(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            first, second = _number(left), _number(right)
            if isinstance(op, ast.Pow) and abs(second) > MAX_EXPONENT:
                raise ValueError(f"an exponent can be at most {MAX_EXPONENT}")
            if isinstance(op, ast.FloorDiv | ast.Mod) and second:
                return _floored(op, first, second)
            return _BINARY[type(op)](first, second)
    raise ValueError("only numbers, + - * / // % ** and parentheses")


def _floored(op: ast.operator, first: Decimal, second: Decimal) -> Decimal:
    # Decimal rounds towards zero; people and Python expect the floor.
    quotient = (first / second).to_integral_value(rounding="ROUND_FLOOR")
    return quotient if isinstance(op, ast.FloorDiv) else first - quotient * second
