"""The language that a client prefers."""

from flowdeck.errors.base import Language


def preferred_language(accept_language: str | None) -> Language:
    """Chinese where the header prefers any form of it to English (RFC 9110, 12.5.4), English otherwise."""
    weights: dict[str, float] = {}
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weights[primary] = max(weights.get(primary, 0.0), _weight(parameter))
    anything = weights.get("*", 0.0)
    return "zh" if weights.get("zh", 0.0) > weights.get("en", anything) else "en"


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
