"""Literals that templates compare with states, and states that they ask words for: read from Jinja's syntax trees."""

from collections.abc import Iterator

from jinja2 import Environment, nodes

SAYING = ("say", "tone", "knows", "state_chip")
"""Functions and macros whose first arguments are a kind of the vocabulary and a state."""
_TESTS = ("equalto", "in", "eq", "ne")


def parse(source: str) -> nodes.Template:
    """The tree of a template."""
    return Environment(extensions=["jinja2.ext.i18n"]).parse(source)


def _strings(node: nodes.Node) -> list[str]:
    items = node.items if isinstance(node, nodes.Tuple | nodes.List) else [node]
    return [each.value for each in items if isinstance(each, nodes.Const) and isinstance(each.value, str)]


def _path(node: nodes.Node) -> str:
    """An expression as it is written, for those that name a value: `order.state`, `typed.outcome`."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{_path(node.node)}.{node.attr}"
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr == "get":
        return ".".join([_path(node.node.node), *_strings(node.args[0])])
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _path(node.node)
    return type(node).__name__


def compared(source: str) -> Iterator[tuple[str, str]]:
    """Pairs of an expression and a literal that it is compared with, by an operator, a test or a loop over literals."""
    tree = parse(source)
    for each in tree.find_all(nodes.Compare):
        sides = [each.expr, *(operand.expr for operand in each.ops)]
        named = [_path(side) for side in sides if not _strings(side)]
        yield from ((named[0] if named else "", literal) for side in sides for literal in _strings(side))
    for each in tree.find_all(nodes.Filter):
        if each.name in ("selectattr", "rejectattr") and len(each.args) == 3 and _strings(each.args[1])[0] in _TESTS:
            name = _strings(each.args[0])[0]
            yield from ((f"{_path(each.node) if each.node else ''}[].{name}", text) for text in _strings(each.args[2]))
    for each in tree.find_all(nodes.For):
        if isinstance(each.iter, nodes.Tuple | nodes.List):
            yield from ((f"for {_path(each.target)}", literal) for literal in _strings(each.iter))


def asked_for(source: str) -> Iterator[tuple[str, str]]:
    """Pairs of a kind and a state for which a template asks by literals."""
    for call in parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in SAYING and len(call.args) > 1:
            for kind in _strings(call.args[0]):
                yield from ((kind, state) for state in _alternatives(call.args[1]))


def _alternatives(node: nodes.Node) -> list[str]:
    """Literals that an expression may be: itself, or either side of a condition or an `or`."""
    if isinstance(node, nodes.CondExpr):
        return [text for side in (node.expr1, node.expr2) if side is not None for text in _alternatives(side)]
    if isinstance(node, nodes.Or):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return _strings(node)
