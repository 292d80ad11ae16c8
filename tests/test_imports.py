"""Arrows point one way, and importing does nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import clvlens

SOURCE = Path(clvlens.__file__).parent
# From what everything may import to what nothing may.
LAYERS = (
    ("version", "errors", "files", "locks", "personal", "metrics", "finance"),
    ("bootstrap",),
    ("histories", "simulation"),
    ("config",),
    ("panel",),
    ("models",),
    ("evaluation",),
    ("levers",),
    ("output",),
    ("pipeline", "starting", "valuation", "monitoring"),
    ("cli",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
ONLY_IN = {
    "adbc_driver_postgresql": {"panel/postgres.py"},
    "duckdb": {"panel/engine.py"},
    "mlflow": {f"output/{name}.py" for name in ("tracking", "serving", "interrupted", "opening")},
    "pyspark": {"panel/spark.py", "models/spark.py"},
    "typer": {"cli"},
}
FRONT_DOOR = {"__init__.py", "__main__.py"}  # names everybody
MODULES = {
    name: path
    for path in sorted(SOURCE.rglob("*.py"))
    if (name := path.relative_to(SOURCE).as_posix()) not in FRONT_DOOR
}


def imported(path: Path) -> set[str]:
    """Return the dotted names that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def part(name: str) -> str | None:
    """Return the part of clvlens that a dotted name or a path belongs to."""
    pieces = name.removesuffix(".py").replace("/", ".").removeprefix("clvlens").split(".")
    return next((piece for piece in pieces if piece and piece != "__init__"), None)


def run_python(code: str, folder: Path) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def test_every_part_has_a_layer():
    assert {part(module) for module in MODULES} <= set(LEVEL)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_from_its_own_layer_or_below(module):
    own = part(module)
    parts = {part(name) for name in imported(MODULES[module]) if name.startswith("clvlens.")}
    if own == "simulation":
        assert parts - {None} <= {"simulation", "histories", *LAYERS[0]}
        return
    above = {other for other in parts if other and LEVEL.get(other, 99) > LEVEL[own]}
    assert not above, f"{module} reaches up to {', '.join(sorted(above))}"


@pytest.mark.parametrize("module", MODULES)
def test_engines_and_trackers_are_imported_in_one_place(module):
    roots = {name.split(".")[0] for name in imported(MODULES[module])}
    for library, places in ONLY_IN.items():
        allowed = module in places or part(module) in places
        assert library not in roots or allowed, f"{module} imports {library}"


def test_the_check_sees_a_wrong_import(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def f():\n    import duckdb.typing\n    from clvlens import cli\n")
    assert {"duckdb.typing", "clvlens.cli"} <= imported(wrong)
    assert part("clvlens.cli") == part("cli/app.py") == "cli"


def test_importing_clvlens_alone_imports_nothing_heavy(tmp_path):
    heavy = ("xgboost", "ibis", "mlflow", "pandas", "numpy", "sklearn", "matplotlib")
    code = f"import sys, clvlens; print([name for name in {heavy} if name in sys.modules])"
    assert run_python(code, tmp_path) == "[]"


@pytest.mark.parametrize("top", ["levers", pytest.param("cli", marks=pytest.mark.slow)])
def test_importing_everything_writes_no_file_and_says_nothing(top, tmp_path):
    """Up to the levers it takes seconds; from the output on, MLflow is imported too."""
    ours = [module for module in MODULES if LEVEL.get(part(module), 0) <= LEVEL[top]]
    names = [f"clvlens.{module.removesuffix('.py').replace('/', '.')}" for module in ours]
    names = [name.removesuffix(".__init__") for name in names]
    code = "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in names)
    assert run_python(code, tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", sorted({*clvlens.__all__} - {"__version__"}))
def test_a_public_name_is_defined_where_it_is_said_to_be(name):
    home = MODULES[clvlens._HOMES[name].removeprefix("clvlens.").replace(".", "/") + ".py"]
    body = ast.parse(home.read_text(encoding="utf-8")).body
    assert name in {getattr(node, "name", None) for node in body}


def test_another_name_is_refused():
    with pytest.raises(AttributeError, match="module 'clvlens' has no attribute 'forecast'"):
        clvlens.forecast  # noqa: B018
