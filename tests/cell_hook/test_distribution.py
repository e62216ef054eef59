"""What `cellpulse-hook` needs and brings."""

import ast
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks" / "cell_hook"
MODULES = sorted((FOLDER / "cellpulse_hook").glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_needs_the_standard_library_only(module: Path) -> None:
    """Each module parses as Python 3.9, and imports no more than that and IPython, its host."""
    tree = ast.parse(module.read_text("utf-8"), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names | {"cellpulse_hook", "IPython"}


def test_it_brings_no_other_package() -> None:
    """The distribution requires nothing, and brings the configuration that loads it."""
    installed = distribution("cellpulse-hook")
    assert installed.requires is None
    outside = {f.name for f in installed.files or () if f.suffix == ".py" and "etc" in f.parts}
    # Not ipython_config.py: that is the site's own, which pip would overwrite and delete.
    assert outside == {"ipython_kernel_config.py"}


def test_what_is_installed_is_what_is_tested() -> None:
    """The environment has the hook of this checkout: `make test` installs it."""
    installed = distribution("cellpulse-hook")
    for module in MODULES:
        there = Path(str(installed.locate_file(f"cellpulse_hook/{module.name}")))
        assert there.read_text("utf-8") == module.read_text("utf-8"), "install it again"
