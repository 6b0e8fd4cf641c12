"""`models.yaml` → model specs, with the place of every mistake."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pydantic import JsonValue, ValidationError

from flowdeck.errors.base import Problem
from flowdeck.graphs.providers.registry import PROVIDERS, known_providers, provider_of
from flowdeck.graphs.providers.spec import SECRET_HEADERS, ModelSpec
from flowdeck.yaml_source.located import Environment, Located, Path, Source, invalid
from flowdeck.yaml_source.reading import read_yaml
from flowdeck.yaml_source.variables import REQUIRED_VARIABLE, MissingVariableError, expand_variables

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EXPANDED = frozenset({"model", "base_url", "api_key"})


@dataclass(frozen=True)
class Configured:
    """A model as the file has it.

    With a `problem` it is unavailable on this server: the environment lacks the variables in `missing`, or gives one
    a value that does not fit. `spec` then has the values as they are written.
    """

    spec: ModelSpec
    missing: tuple[str, ...] = ()
    problem: Problem | None = None


def read_models(source: Source | None, environment: Environment) -> dict[str, Configured]:
    """The file's models by name, in its order; without a file, the embedded model as `default`.

    A model is unavailable if a variable that it uses is not set or has an invalid value; all others work. A variable
    that is set to nothing counts as not set. Raises Unloadable definition_invalid with every mistake of the text.
    """
    if source is None:
        return {"default": Configured(ModelSpec(provider="local"))}
    reading = _Reading(read_yaml(source), {name: value for name, value in environment.items() if value})
    reading.read()
    if reading.problems:
        raise invalid(source, reading.problems)
    return reading.models


class _Reading:
    """One pass over the file that gathers its models and its mistakes."""

    def __init__(self, located: Located, environment: Environment) -> None:
        self.models: dict[str, Configured] = {}
        self.problems: list[Problem] = []
        self._located = located
        self._environment = environment

    def read(self) -> None:
        top = self._located.value
        for key in top if isinstance(top, dict) else ():
            if key != "models":
                self._mistake((key,), "unknown key; expected `models`", at_key=True)
        entries = self._located.at(("models",))
        if not isinstance(entries, dict) or not entries:
            self._mistake(("models",), "expected a mapping of names to models under `models`")
            return
        for name, entry in entries.items():
            self._entry(name, entry)
        for name, configured in self.models.items():
            self._fallbacks(name, configured.spec.fallbacks, known=tuple(entries))
        ring = _ring({name: configured.spec.fallbacks for name, configured in self.models.items()})
        if ring is not None:
            self._mistake(("models", ring[0], "fallbacks"), f"circular reference: {' → '.join(ring)}")

    def _entry(self, name: str, entry: JsonValue) -> None:
        path = ("models", name)
        if not _NAME.fullmatch(name):
            message = (
                "a name must begin with a letter or digit "
                "and can have up to 64 letters, digits, dots, hyphens and underscores"
            )
            self._mistake(path, message, at_key=True)
        if not isinstance(entry, dict):
            self._mistake(path, "expected a mapping with `provider`")
            return
        provider = entry.get("provider")
        if isinstance(provider, str) and provider not in PROVIDERS and provider not in known_providers():
            self._mistake(
                (*path, "provider"), f"unknown provider; expected one of: {', '.join(sorted(known_providers()))}"
            )
        self._refuse_written_secrets(path, entry)
        entry = _with_usual_key(entry)
        try:
            written = ModelSpec.model_validate(entry)
        except ValidationError as error:
            self.problems += self._faults(path, error)
            return
        expanded, missing = self._expanded(path, entry)
        if missing:
            self.models[name] = Configured(written, tuple(missing), next(iter(missing.values())))
            return
        try:
            self.models[name] = Configured(ModelSpec.model_validate(expanded))
        except ValidationError as error:
            self.models[name] = Configured(written, problem=self._faults(path, error)[0])

    def _faults(self, path: Path, error: ValidationError) -> list[Problem]:
        problems = []
        for detail in error.errors(include_url=False, include_input=False, include_context=False):
            unknown = detail["type"] == "extra_forbidden"
            message = "unknown key" if unknown else detail["msg"].removeprefix("Value error, ")
            problems.append(self._located.problem((*path, *detail["loc"]), message, at_key=unknown))
        return problems

    def _expanded(self, path: Path, entry: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], dict[str, Problem]]:
        """The entry with its `${VAR}`s filled in, and a problem for each variable that is missing.

        Only names, addresses, keys and headers are expanded: a scripted reply may well speak of `${HOME}`.
        """
        missing: dict[str, Problem] = {}

        def expand(value: JsonValue, at: Path) -> JsonValue:
            if not isinstance(value, str):
                return value
            try:
                return expand_variables(value, self._environment)
            except MissingVariableError as error:
                missing.setdefault(error.variable, self._located.problem(at, error.reason))
                return value

        filled = {key: expand(value, (*path, key)) if key in _EXPANDED else value for key, value in entry.items()}
        headers = filled.get("headers")
        if isinstance(headers, dict):
            filled["headers"] = {name: expand(value, (*path, "headers", name)) for name, value in headers.items()}
        return filled, missing

    def _refuse_written_secrets(self, path: Path, entry: Mapping[str, JsonValue]) -> None:
        key = entry.get("api_key")
        if isinstance(key, str) and not REQUIRED_VARIABLE.fullmatch(key):
            self._mistake((*path, "api_key"), "keys must come from the environment; write ${VARIABLE}")
        headers = entry.get("headers")
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if name.lower() in SECRET_HEADERS and not REQUIRED_VARIABLE.search(str(value)):
                self._mistake((*path, "headers", name), "secrets must come from the environment; write ${VARIABLE}")

    def _fallbacks(self, name: str, fallbacks: tuple[str, ...], known: tuple[str, ...]) -> None:
        for index, fallback in enumerate(fallbacks):
            path = ("models", name, "fallbacks", index)
            if fallback not in known:
                self._mistake(path, f"model {fallback} is not configured; configured models: {', '.join(known)}")
            if fallback in fallbacks[:index]:
                self._mistake(path, f"{fallback} is listed twice")

    def _mistake(self, path: Path, message: str, *, at_key: bool = False) -> None:
        self.problems.append(self._located.problem(path, message, at_key=at_key))


def _with_usual_key(entry: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The entry, its key read from the provider's usual variable where it names none."""
    variable = provider_of(str(entry.get("provider"))).key_variable
    if variable is None or "api_key" in entry:
        return entry
    return {**entry, "api_key": f"${{{variable}}}"}


def _ring(fallbacks: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """A ring of fallbacks from one member back to it; None if there is none."""
    try:
        TopologicalSorter(fallbacks).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1]
        return tuple(reversed(ring))
    return None
