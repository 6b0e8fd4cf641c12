"""What Schemathesis loads: requests that reach real things, and what a refusal must be like.

`FLOWDECK_FUZZ_ADDRESS` is the server; how each operation was answered is written to `FLOWDECK_FUZZ_REACH` at the end.
"""

import atexit
import json
import os
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response, SerializationContext
from schemathesis.core.failures import Failure
from schemathesis.generation import GenerationMode
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.transport.serialization import Binary

from benchmarks.fuzz_world import FILE, Subject, World

AnyCase = Case[Any]

_world = World(os.environ["FLOWDECK_FUZZ_ADDRESS"])
_reach: defaultdict[str, Counter[int]] = defaultdict(Counter)
_last: list[Subject] = []
_begun: Counter[str] = Counter()

# A request that fits its schema never gets these: they say that it does not fit.
_OF_THE_SCHEMA = frozenset({"request_invalid", "json_invalid", "content_type_unsupported", "archive_type_unsupported"})
# What the framework says before there is an operation.
_OF_NO_OPERATION = frozenset({"route_not_found", "method_not_allowed"})
_WRITES_FILES = frozenset({"save_config_file", "delete_config_file", "restore_config_version"})
_OF_A_STATE = frozenset({"run_workflow", "stream_workflow"})


@schemathesis.serializer("application/zip")
def archive(context: SerializationContext, value: Any) -> bytes:
    """The archive of what is there: random bytes are none. A body that is replaced would count as one that misfits."""
    del context
    if _last:
        return bytes(_last[0]["archive"])
    return value.data if isinstance(value, Binary) else str(value).encode()


@schemathesis.hook
def before_call(context: HookContext, case: AnyCase, kwargs: dict[str, Any]) -> None:
    """Have seven of eight requests of each operation be about things that there are, the first of them among these."""
    del context, kwargs
    _last.clear()
    operation_id = _operation_id(case)
    seed = (operation_id, case.method, case.path_parameters, case.query, case.body)
    chance = random.Random(crc32(repr(seed).encode(errors="replace")))  # noqa: S311 - no secret
    if operation_id in _WRITES_FILES and case.path_parameters:
        # Other files hold what all runs need, and would be replaced by anything that happens to load.
        case.path_parameters = {**case.path_parameters, "path": FILE}
    if case.method.upper() != case.operation.method.upper():
        return
    _begun[operation_id] += 1
    if _begun[operation_id] % 8 == 0:
        return
    subject = _world.subject_for(operation_id)
    _last.append(subject)
    positive = case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE
    if case.path_parameters and _is_positive(case, "path"):
        case.path_parameters = _about(case.path_parameters, subject)
    if not positive:
        return
    if case.query:
        case.query = _about(case.query, subject)
    if case.headers and "if-match" in case.headers and chance.random() < 1 / 2:
        case.headers["if-match"] = subject.get("if_match", "*")
    if isinstance(case.body, dict) and chance.random() < 3 / 4:
        case.body = subject["state"] if operation_id in _OF_A_STATE else _about(case.body, subject)


@schemathesis.hook
def after_call(context: HookContext, case: AnyCase, response: Response) -> None:
    """Note how the operation answered, and what became of what it was about."""
    del context
    if case.method.upper() == case.operation.method.upper():
        _reach[case.operation.label][response.status_code] += 1
    if _last:
        problem = response.json() if _code(response) else {}
        _world.note(_operation_id(case), _last[0], response.status_code, problem)


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: AnyCase, response: Response) -> bool:
    """A request may fit its schema and be refused for what it is about, with a code that says so.

    A state has fields that its workflow defines, a text must load, a version may be stale, an address may be private:
    no schema can say that. `codes_are_documented` holds the operation to naming these codes.
    """
    del context, case
    return not (isinstance(failure, RejectedPositiveData) and _code(response) not in {None, *_OF_THE_SCHEMA})


@schemathesis.check
def codes_are_documented(ctx: CheckContext, response: Response, case: AnyCase) -> None:
    """A failure's code is one of those that the operation names for the status."""
    del ctx
    code = _code(response)
    if code is None or code in _OF_NO_OPERATION or case.method.upper() != case.operation.method.upper():
        return
    answer = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    shared = case.operation.schema.raw_schema["components"]["responses"]
    answer = shared.get(answer.get("$ref", "").rpartition("/")[2], answer)
    named = answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    if code not in named:
        raise AssertionError(f"{code} is not among the codes of {response.status_code}: {', '.join(sorted(named))}")


def _operation_id(case: AnyCase) -> str:
    return str(case.operation.definition.raw["operationId"])


def _is_positive(case: AnyCase, location: str) -> bool:
    if case.meta is None:
        return True
    return all(
        info.mode == GenerationMode.POSITIVE for place, info in case.meta.components.items() if place.value == location
    )


def _about(given: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """The same members, those that the subject has with its values. What is null stays so: it was left out."""
    return {name: subject[name] if value is not None and name in subject else value for name, value in given.items()}


def _code(response: Response) -> str | None:
    if "application/problem+json" not in ", ".join(response.headers.get("content-type", [])):
        return None
    return str(response.json()["code"])


@atexit.register
def _write_reach() -> None:
    path = Path(os.environ["FLOWDECK_FUZZ_REACH"])
    path.write_text(json.dumps(_reach), encoding="utf-8")
