"""Secrets made unreadable before a value or a text is shown: `****`, and never more of them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretBytes, SecretStr

MASK = "****"

_NAMES_OF_SECRETS = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|"
    r"authorization|cookie)"
)
_NAME = re.compile(rf"{_NAMES_OF_SECRETS}$", re.IGNORECASE)
# Up to the last `@`: a password may hold an `@` or a `/` that nobody has escaped. It rather masks too much. All parts
# have bounds, here and below: a hostile text must not cost more than its length.
_USER_INFO = re.compile(r"""(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)(?P<user>[^\s:/@?#]{0,200}):[^\s"']{0,1000}@""")
_PARAMETER = re.compile(rf"(?P<name>[?&][A-Za-z0-9_.-]*{_NAMES_OF_SECRETS}=)[^&\s#]*", re.IGNORECASE)
# `key: value` of YAML, in block or flow form, whose key is of a secret; the value stays if it is a reference.
_YAML_VALUE = re.compile(
    rf"""(?P<key>(?<![\w-])["']?[\w-]*{_NAMES_OF_SECRETS}["']?[ \t]*:[ \t]+)"""
    r"""(?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|[|>][^\n]*(?:\n[ \t]+[^\n]*)+"""
    r"""|(?:\$\{[^}\n]{0,200}\}|[^\s"'#{\[|>&*,}\]])(?:\$\{[^}\n]{0,200}\}|[^,}\]\n#])*)""",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::[^}]{0,1000})?\}")


def masked(name: str, value: Any) -> Any:
    """A setting's value as it may be shown: as JSON, with secrets, passwords in URLs and secret members as `****`."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, SecretStr | SecretBytes):
        return MASK
    if isinstance(value, Mapping):
        return {str(key): masked(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(name, item) for item in value]
    text = str(value)
    if _NAME.search(name) and not isinstance(value, Path):
        return MASK if text else text
    return masked_urls(text)


def masked_urls(text: str) -> str:
    """A text whose URLs have `****` for their passwords, in the user's part and in the query."""
    text = _USER_INFO.sub(lambda found: f"{found['scheme']}{found['user']}:{MASK}@", text)
    return _PARAMETER.sub(lambda found: f"{found['name']}{MASK}", text)


def masked_yaml(text: str) -> str:
    """A YAML text whose secrets that are written out, instead of named as `${VAR}`, are `****`."""

    def mask(found: re.Match[str]) -> str:
        value = found["value"]
        return found[0] if _REFERENCE.search(value) else f"{found['key']}{MASK}"

    return masked_urls(_YAML_VALUE.sub(mask, text))
