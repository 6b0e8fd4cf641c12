"""Whether the ways through a workflow lead anywhere: entry, edges, reachability, cycles."""

from collections.abc import Iterator, Mapping

from flowdeck.errors.base import Problem
from flowdeck.graphs.routes import END, Route
from flowdeck.graphs.shape import NO_GAPS, Gaps
from flowdeck.graphs.spec import WorkflowSpec, routes
from flowdeck.yaml_source.located import Located

Ways = Mapping[str, tuple[Route, ...]]


def path_problems(spec: WorkflowSpec, located: Located, gaps: Gaps = NO_GAPS) -> list[Problem]:
    """Every mistake in how nodes are joined, but for those that may follow from a wrong name or from `gaps`."""
    if gaps.cover(("nodes",)):
        return []
    if not spec.nodes:
        return [located.problem(("nodes",), "a workflow needs at least one node")]
    ways = routes(spec)
    wrong_sources = list(_wrong_sources(spec, located))
    wrong_names = [*wrong_sources, *_wrong_entry(spec, located, gaps), *_wrong_targets(spec, ways, located)]
    if gaps.unknown_ways:
        return wrong_names
    problems = [*wrong_names, *_never_taken(ways, located)]
    if wrong_sources:
        return problems
    dead_ends = list(_dead_ends(spec, ways, located))
    problems += [*dead_ends, *_endless(ways, located)]
    # What follows a dead end, or a wrong name, cannot be reached on account of it.
    return problems if dead_ends or wrong_names else [*problems, *_unreachable(spec, ways, located)]


def _wrong_entry(spec: WorkflowSpec, located: Located, gaps: Gaps) -> Iterator[Problem]:
    known = ", ".join(spec.nodes)
    if not spec.entry and not gaps.touch(("entry",)):
        yield located.problem(("entry",), f"is missing; expected one of: {known}")
    elif spec.entry and spec.entry not in spec.nodes:
        yield located.problem(("entry",), f"there is no node {spec.entry}; expected one of: {known}")


def _wrong_sources(spec: WorkflowSpec, located: Located) -> Iterator[Problem]:
    known = ", ".join(spec.nodes)
    for index, edge in enumerate(spec.edges):
        if edge.source not in spec.nodes:
            yield located.problem(("edges", index, "from"), f"there is no node {edge.source}; expected one of: {known}")


def _wrong_targets(spec: WorkflowSpec, ways: Ways, located: Located) -> Iterator[Problem]:
    known = ", ".join(spec.nodes)
    for found in ways.values():
        for way in found:
            if way.to != END and way.to not in spec.nodes:
                path = way.path if way.path[-1] == "default" else (*way.path, "to")
                yield located.problem(path, f"there is no node {way.to}; expected END or one of: {known}")


def _dead_ends(spec: WorkflowSpec, ways: Ways, located: Located) -> Iterator[Problem]:
    if located.at(("edges",)) is None and not all(ways.values()):
        first = next(name for name in spec.nodes if not ways[name])
        yield located.problem(
            ("edges",), f"is missing; every node needs an outgoing edge, such as {{from: {first}, to: END}}"
        )
        return
    for name in spec.nodes:
        if not ways[name]:
            message = "this node has no outgoing edge; to end the workflow here, add an edge to END"
            yield located.problem(("nodes", name), message, at_key=True)


def _never_taken(ways: Ways, located: Located) -> Iterator[Problem]:
    for name, found in ways.items():
        always = next((index for index, way in enumerate(found) if way.when is None), len(found))
        for way in found[always + 1 :]:
            first = found[always]
            line = located.place(first.path).line
            message = (
                f"never taken: the edge from {name} to {first.to} on line {line} has no condition, and a run takes the "
                f"first edge that applies; add a `when` to that edge, or use a `parallel` node for parallel work"
            )
            yield located.problem(way.path, message)


def _unreachable(spec: WorkflowSpec, ways: Ways, located: Located) -> Iterator[Problem]:
    """The nodes that no way leads to; not those that could be reached if these were."""
    reached = _reached_from(spec.entry, ways)
    left = [name for name in spec.nodes if name not in reached]
    aimed_at = {way.to for name in left for way in ways[name] if way.to != name}
    for name in sorted(left, key=lambda name: name in aimed_at):  # cycles that nothing leads to come last
        if name not in reached:
            yield located.problem(("nodes", name), f"cannot be reached from {spec.entry}", at_key=True)
            reached |= _reached_from(name, ways)


def _reached_from(start: str, ways: Ways) -> set[str]:
    reached = {start}
    waiting = [start]
    while waiting:
        for way in ways[waiting.pop()]:
            if way.to != END and way.to not in reached:
                reached.add(way.to)
                waiting.append(way.to)
    return reached


def _endless(ways: Ways, located: Located) -> Iterator[Problem]:
    """Cycles that nothing can end: every node on them leads on by an edge that always holds.

    A node's first edge without a condition is where it goes when nothing else holds; a cycle is endless if its nodes
    have no other edge.
    """
    following = {name: found[0] for name, found in ways.items() if found and found[0].when is None}
    seen: set[str] = set()
    for start in following:
        trail: list[str] = []
        name = start
        while name in following and name not in trail and name not in seen:
            trail.append(name)
            name = following[name].to
        if name in trail:
            cycle = trail[trail.index(name) :]
            message = f"a cycle without a condition: {' → '.join((*cycle, cycle[0]))}; add a `when` to one of its edges"
            yield located.problem(following[cycle[-1]].path, message)
        seen.update(trail)
