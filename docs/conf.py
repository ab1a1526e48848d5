"""Sphinx settings: Markdown pages, the Furo theme, API pages from docstrings."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "ordercore"
author = "the ordercore authors"
copyright = author
release = version_of("ordercore")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"ordercore {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_use_ivar = True  # a property that the class describes too is one entry, not two
suppress_warnings = [
    "ref.python"
]  # a field called `type` is taken for the builtin, and the reverse
default_role = "literal"
nitpicky = False


def setup(app: Sphinx) -> None:
    """Show Mermaid sources as text where no script draws them; code forges draw them themselves."""
    app.add_lexer("mermaid", TextLexer)
