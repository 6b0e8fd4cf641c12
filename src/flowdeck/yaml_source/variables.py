"""`${VAR}` in configuration texts: which forms there are, and what each reads from the environment."""

import re
from collections.abc import Mapping

Environment = Mapping[str, str]

VARIABLE = re.compile(
    r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<operator>:-|-|:\?|\?|:)(?P<rest>[^}]*))?\}"
)
REQUIRED_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::?\?[^}]*)?\}")
"""A reference without a default value, which could be a secret."""

# As in a shell, these take a variable that is set to nothing for one that is not set.
_FILLED = frozenset({":-", ":?"})
_MESSAGE_LIMIT = 200


class MissingVariableError(LookupError):
    """A reference without default names a variable that is not set; `reason` says it in a sentence's words."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(reason)
        self.variable = variable
        self.reason = reason


def expand_variables(text: str, environment: Environment) -> str:
    """`text` with its references replaced. Raises MissingVariableError for the first that is not there.

    `${VAR:x}` and `${VAR-x}` give x where VAR is not set, `${VAR:-x}` also where it is empty. `${VAR?why}` and
    `${VAR:?why}` raise with the reason in the same cases. `$${` stands for `${`.
    """

    def read(match: re.Match[str]) -> str:
        if match["escaped"]:
            return match["escaped"]
        value = environment.get(match["name"])
        if value or (value is not None and match["operator"] not in _FILLED):
            return value
        if match["operator"] is None or match["operator"].endswith("?"):
            raise _missing(match["name"], match["rest"], is_empty=value is not None)
        return str(match["rest"])

    return VARIABLE.sub(read, text)


def _missing(name: str, message: str | None, *, is_empty: bool) -> MissingVariableError:
    reason = f": {message[:_MESSAGE_LIMIT]}" if message else ""
    return MissingVariableError(
        name, f"the environment variable {name} is {'empty' if is_empty else 'not set'}{reason}"
    )
