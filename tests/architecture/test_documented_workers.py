"""The workers a page shows leave no kind of work to nobody.

A page may split the work between several `WorkOnce`, or leave sagas to Temporal. What it then asks
for, all together, has to be everything there is: a kind that no worker asks for is never done.
"""

from __future__ import annotations

import ast

import pytest

from ordercore.app import ALL_WORK
from ordercore.engine.messaging import WorkKind
from tests.architecture._markdown import blocks
from tests.architecture.test_docs_blocks import name_of, pages

# Who else on a page does work of a kind.
ELSEWHERE = {"temporal.serve(": WorkKind.SAGA}


def kinds_asked_for(page: str) -> list[set[WorkKind]]:
    """Return the kinds of each ``WorkOnce`` of a page that names some."""
    tree = ast.parse("".join(block.text for block in blocks(page) if block.language == "python"))
    named = {
        ast.unparse(target): node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    return [
        set(_value(named.get(ast.unparse(keyword.value), keyword.value)))
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "WorkOnce"
        for keyword in call.keywords
        if keyword.arg == "kinds"
    ]


def done_elsewhere(page: str) -> set[WorkKind]:
    """Return the kinds that a page leaves to others."""
    return {kind for call, kind in ELSEWHERE.items() if call in page}


def _value(expression: ast.expr) -> tuple[WorkKind, ...]:
    code = compile(ast.Expression(expression), "kinds", "eval")
    found: tuple[WorkKind, ...] = eval(code, {"ALL_WORK": ALL_WORK, "WorkKind": WorkKind})
    return found


SPLITS = [
    pytest.param(text, id=name_of(path))
    for path in pages()
    if kinds_asked_for(text := path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("page", SPLITS)
def test_the_workers_of_a_page_do_everything(page: str) -> None:
    """Together they do each kind of work."""
    assert set().union(*kinds_asked_for(page), done_elsewhere(page)) == set(WorkKind)


def test_the_pages_that_split_work_are_found() -> None:
    """Those about workers and about Temporal; a test of no page proves nothing."""
    assert len(SPLITS) >= 2


def test_a_split_that_forgets_a_kind_is_found() -> None:
    """Given outright or by name."""
    page = "```python\nREST = (WorkKind.STREAM,)\nWorkOnce(kinds=REST)\n```\n"
    also = "```python\nWorkOnce(kinds=(WorkKind.TIMER, WorkKind.SAGA))\nWorkOnce()\n```\n"
    assert kinds_asked_for(page + also) == [
        {WorkKind.STREAM},
        {WorkKind.TIMER, WorkKind.SAGA},
    ]
    assert done_elsewhere("temporal.serve(client, ports)") == {WorkKind.SAGA}


def test_a_worker_of_the_library_does_everything() -> None:
    """One that is told nothing else."""
    assert set(ALL_WORK) == set(WorkKind)
