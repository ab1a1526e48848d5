from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ordercore import kernel


def test_the_kernel_offers_exactly_the_public_names_of_its_modules() -> None:
    """A name made public in a module is public in the package, and nothing else is."""
    modules = [
        import_module(f"ordercore.kernel.{info.name}") for info in iter_modules(kernel.__path__)
    ]
    expected = sorted(name for module in modules for name in module.__all__)

    assert expected == kernel.__all__
    for module in modules:
        assert sorted(module.__all__) == module.__all__
        for name in module.__all__:
            assert getattr(kernel, name) is getattr(module, name)
