"""Whether the ways through a workflow lead anywhere: entry, edges, reachability, cycles."""

from collections.abc import Iterator, Mapping

from flowdeck.exceptions import Problem
from flowdeck.graphs.located import Located
from flowdeck.graphs.spec import END, Route, WorkflowSpec, routes

Ways = Mapping[str, tuple[Route, ...]]


def path_problems(spec: WorkflowSpec, located: Located) -> list[Problem]:
    """Every mistake in how nodes are joined. Reachability and cycles are looked at once all names are right."""
    if not spec.nodes:
        return [located.problem(("nodes",), "a workflow has at least one node")]
    ways = routes(spec)
    wrong_names = list(_wrong_names(spec, ways, located))
    if wrong_names:
        return wrong_names
    return [
        *_dead_ends(spec, ways, located),
        *_never_taken(ways, located),
        *_unreachable(spec, ways, located),
        *_endless(ways, located),
    ]


def _wrong_names(spec: WorkflowSpec, ways: Ways, located: Located) -> Iterator[Problem]:
    known = ", ".join(spec.nodes)
    if not spec.entry:
        yield located.problem(("entry",), f"is missing; expected one of: {known}")
    elif spec.entry not in spec.nodes:
        yield located.problem(("entry",), f"there is no node {spec.entry}; expected one of: {known}")
    for index, edge in enumerate(spec.edges):
        if edge.source not in spec.nodes:
            yield located.problem(("edges", index, "from"), f"there is no node {edge.source}; expected one of: {known}")
    for found in ways.values():
        for way in found:
            if way.to != END and way.to not in spec.nodes:
                path = way.path if way.path[-1] == "default" else (*way.path, "to")
                yield located.problem(path, f"there is no node {way.to}; expected END or one of: {known}")


def _dead_ends(spec: WorkflowSpec, ways: Ways, located: Located) -> Iterator[Problem]:
    for name in spec.nodes:
        if not ways[name]:
            message = "no edge leads on from here; the end is an edge to END"
            yield located.problem(("nodes", name), message, at_key=True)


def _never_taken(ways: Ways, located: Located) -> Iterator[Problem]:
    for name, found in ways.items():
        always = next((index for index, way in enumerate(found) if way.when is None), len(found))
        for way in found[always + 1 :]:
            message = f"never taken: an earlier edge from {name} has no condition"
            yield located.problem(way.path, message)


def _unreachable(spec: WorkflowSpec, ways: Ways, located: Located) -> Iterator[Problem]:
    reached = {spec.entry}
    waiting = [spec.entry]
    while waiting:
        for way in ways[waiting.pop()]:
            if way.to != END and way.to not in reached:
                reached.add(way.to)
                waiting.append(way.to)
    for name in spec.nodes:
        if name not in reached:
            yield located.problem(("nodes", name), f"cannot be reached from {spec.entry}", at_key=True)


def _endless(ways: Ways, located: Located) -> Iterator[Problem]:
    """Cycles that nothing can end: every node on them leads on by an edge that always holds.

    A node's first edge without a condition is where it goes when nothing else holds; a cycle is endless if its nodes
    have no other edge.
    """
    following = {name: found[0] for name, found in ways.items() if found and found[0].when is None}
    told: set[str] = set()
    for start in following:
        trail: list[str] = []
        name = start
        while name in following and name not in trail and name not in told:
            trail.append(name)
            name = following[name].to
        if name in trail:
            cycle = trail[trail.index(name) :]
            message = f"a cycle without a condition: {' → '.join((*cycle, cycle[0]))}; give one of its edges a `when`"
            yield located.problem(following[cycle[-1]].path, message)
        told.update(trail)
