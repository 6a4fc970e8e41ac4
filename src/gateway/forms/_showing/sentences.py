"""Write a condition in Vietnamese. One clause a component: `«Tình trạng» là «Đã kết hôn»`."""

import json
from collections.abc import Iterator, Mapping, Sequence

from gateway.forms._reading.templates import Component, member_of
from gateway.forms._reading.tree import Node, Trigger
from gateway.forms._showing.conditions import is_rule, is_typed
from gateway.forms._showing.javascript import to_string

_ALL_OF, _ANY_OF = " và ", " hoặc "
_COMPARED: Mapping[str, str] = {
    "isEqual": "là",
    "isNotEqual": "không là",
    "includes": "có chứa",
    "notIncludes": "không chứa",
    "startsWith": "bắt đầu bằng",
    "endsWith": "kết thúc bằng",
    "greaterThan": "lớn hơn",
    "greaterThanOrEqual": "từ",
    "lessThan": "nhỏ hơn",
    "lessThanOrEqual": "không quá",
    "dateGreaterThan": "sau ngày",
    "dateGreaterThanOrEqual": "từ ngày",
    "dateLessThan": "trước ngày",
    "dateLessThanOrEqual": "không sau ngày",
    "isDateEqual": "là ngày",
    "isNotDateEqual": "không là ngày",
}
_IN_RULES: Mapping[str, str] = {
    "==": "là",
    "===": "là",
    "!=": "không là",
    "!==": "không là",
    ">": "lớn hơn",
    ">=": "từ",
    "<": "nhỏ hơn",
    "<=": "không quá",
    "in": "là một trong",
}


def condition_in_words(node: Node) -> str:
    """What must hold for a component to show, those above it included; empty where nothing must.

    Of check boxes that share a name, one is enough.
    """
    each = [_of_one(one) for one in node.sharing]
    return _ANY_OF.join(dict.fromkeys(each)) if all(each) else ""


def _of_one(node: Node) -> str:
    clauses = []
    place: Node | None = node
    while place is not None:
        clauses += list(_own(place))
        place = place.parent
    return "; ".join(reversed(clauses))


def _own(node: Node) -> Iterator[str]:
    if node.hidden:
        yield "luôn ẩn"
    if node.shows is None:
        return
    condition = member_of(node.component, "conditional")
    named = {trigger.path: trigger for trigger in node.triggers}
    if is_typed(condition):
        yield _typed(condition, named)
    elif condition.get("when"):
        trigger = named[to_string(condition["when"])]
        clause = _clause(trigger.path, "là", condition.get("eq"), named)
        yield _shown(clause, condition.get("show"))
    elif is_rule(condition):
        yield _rule(condition["json"], named)


def _shown(clause: str, show: object) -> str:
    return clause if show in (True, "true", None, "") else f"ẩn khi {clause}"


def _typed(condition: Component, named: Mapping[str, Trigger]) -> str:
    entries = condition.get("conditions")
    clauses = [
        _entry(entry, named)
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping)
    ]
    joined = _ANY_OF if condition.get("conjunction") == "any" else _ALL_OF
    return _shown(joined.join(clauses), condition.get("show"))


def _entry(entry: Component, named: Mapping[str, Trigger]) -> str:
    path, operator = to_string(entry.get("component")), to_string(entry.get("operator"))
    if operator in ("isEmpty", "isNotEmpty"):
        return f"{_name(path, named)} {'để trống' if operator == 'isEmpty' else 'có giá trị'}"
    return _clause(path, _COMPARED.get(operator, operator), entry.get("value"), named)


def _rule(rule: object, named: Mapping[str, Trigger]) -> str:
    if not isinstance(rule, Mapping) or len(rule) != 1:
        return _plain(rule)
    ((operator, values),) = rule.items()
    given: Sequence[object] = values if isinstance(values, list) else [values]
    match operator:
        case "and" | "or":
            joined = _ALL_OF if operator == "and" else _ANY_OF
            return joined.join(_grouped(each, operator, named) for each in given)
        case "!":
            return f"không phải ({_rule(given[0], named)})"
        case "!!":
            return _rule(given[0], named)
        case "var":
            return f"{_name(_path(rule), named)} có giá trị"
    if operator in _IN_RULES and len(given) == 2 and _path(given[0]):
        return _clause(_path(given[0]), _IN_RULES[operator], given[1], named)
    return json.dumps(rule, ensure_ascii=False, default=float)


def _grouped(rule: object, around: str, named: Mapping[str, Trigger]) -> str:
    words = _rule(rule, named)
    mixed = isinstance(rule, Mapping) and {"and", "or"} & set(rule) - {around}
    return f"({words})" if mixed else words


def _path(rule: object) -> str:
    """The path that a `var` reads, without its scope; empty for anything else."""
    if not isinstance(rule, Mapping) or set(rule) != {"var"}:
        return ""
    named = rule["var"]
    first = named[0] if isinstance(named, list) and named else named
    return first.partition(".")[2] if isinstance(first, str) else ""


def _clause(path: str, verb: str, value: object, named: Mapping[str, Trigger]) -> str:
    trigger = named.get(path)
    node = trigger.node if trigger else None
    if (
        node is not None
        and node.type == "checkbox"
        and not node.boxes
        and verb in ("là", "không là")
    ):
        ticked = (to_string(value) == "true") is (verb == "là")
        return f"{_name(path, named)} {'được đánh dấu' if ticked else 'không được đánh dấu'}"
    if value in ("", None):
        return f"{_name(path, named)} {'để trống' if verb == 'là' else 'có giá trị'}"
    if node is not None and node.type == "selectboxes":
        verb = {"là": "có chọn", "không là": "không chọn"}.get(verb, verb)
    values = value if isinstance(value, list) else [value]
    return f"{_name(path, named)} {verb} {', '.join(_answer(each, node) for each in values)}"


def _name(path: str, named: Mapping[str, Trigger]) -> str:
    trigger = named.get(path)
    if trigger is None or trigger.node is None:
        return f"«{path}»"
    if trigger.node.boxes:
        return f"«{trigger.node.templates[0].label}»"
    label = trigger.node.component.get("label")
    return f"«{label.strip() if isinstance(label, str) and label.strip() else trigger.node.key}»"


def _answer(value: object, node: Node | None) -> str:
    written = _plain(value)
    for template in node.templates if node else ():
        for option in template.options or ():
            if option.value == written:
                return f"«{option.label}»"
    return f"«{written}»"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
