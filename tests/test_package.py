from __future__ import annotations

import ast
import importlib
import importlib.metadata
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import qa
from qa import errors

PACKAGE = Path(qa.__file__).parent

# The way of the data: a module imports only from those before it.
ORDER = (
    "types",
    "errors",
    "addresses",
    "checksums",
    "calendar_names",
    "scripts",
    "settings",
    "documents",
    "exclusions",
    "readers",
    "folder",
    "sentences",
    "chunks",
    "encoders",
    "compiled",
    "embeddings",
    "generations",
    "vectors",
    "lexicon",
    "snapshot",
    "entries",
    "unreadable",
    "sightings",
    "versions",
    "index",
    "retrieval",
    "values",
    "units",
    "alignment",
    "mentions",
    "polarity",
    "injection",
    "evidence",
    "llms",
    "identity",
    "generation",
    "claims",
    "checker",
    "objections",
    "yes_no",
    "verification",
    "tables",
    "aggregates",
    "premise",
    "abstention",
    "witnesses",
    "conflict",
    "dating",
    "moments",
    "whole_dates",
    "latest",
    "summary",
    "reading",
    "comparison",
    "document_date",
    "computation",
    "listing",
    "amounts",
    "arithmetic",
    "derived",
    "pipeline",
    "priming",
    "extraction",
    "answer",
    "upkeep",
    "library",
    "llamaindex",
    "doctor",
    "printing",
    "markup",
    "ui",
    "watching",
    "cli",
)

# Each vendor is met in the module named for it; types for people's own models excepted.
VENDORS = {
    "selectolax": {"readers/html.py", "readers/formulas.py"},
    "pypdfium2": {"readers/pdf.py", "readers/forms.py"},
    "docx": {"readers/docx.py"},
    "pptx": {"readers/pptx.py"},
    "openpyxl": {"readers/sheets.py"},
    "defusedxml": {"readers/archive.py"},
    "py3langid": {"readers/language.py"},
    "faiss": {"vectors.py"},
    "bm25s": {"lexicon.py", "snapshot.py"},
    "Stemmer": {"alignment.py", "lexicon.py"},
    "sentence_transformers": {"encoders.py"},
    "openvino": {"compiled.py"},
    "tokenizers": {"compiled.py"},
    "transformers": {"encoders.py"},
    "huggingface_hub": {"embeddings.py"},
    "markupsafe": {"markup.py"},
    "starlette": {"ui/guard.py", "ui/serving.py"},
    "llama_index": {"embeddings.py", "llms/llamaindex.py", "library.py", "llamaindex.py"},
    "openai": set(),
    "torch": {"encoders.py"},
    "xllamacpp": {"llms/embedded.py"},
    "typer": {"cli.py"},
    "watchfiles": {"watching.py", "ui/shelf.py"},
    "rich": {"cli.py", "watching.py"},
    "pickle": set(),
}


def modules() -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def imported(module: str) -> Iterator[str]:
    """Full names of all that a module imports, wherever in it."""
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def stage(name: str) -> str:
    """The module of the order that a name like ``qa.llms.base`` belongs to."""
    return name.split(".")[1]


def test_the_public_names() -> None:
    assert qa.__all__ == [
        "Answer",
        "AnswerReady",
        "Citation",
        "Claim",
        "Document",
        "DraftText",
        "Event",
        "EvidenceFound",
        "Hit",
        "Library",
        "Passage",
        "QaError",
        "Settings",
        "Turn",
        "ask",
    ]
    assert all(hasattr(qa, name) for name in qa.__all__)
    assert qa.__version__ == importlib.metadata.version("qa")
    assert not hasattr(qa, "version")


def test_every_module_has_its_place_in_the_order() -> None:
    found = {module.split("/")[0].removesuffix(".py") for module in modules()}
    assert found - {"__init__"} == set(ORDER)


@pytest.mark.parametrize("module", [module for module in modules() if module != "__init__.py"])
def test_a_module_imports_only_from_those_before_it(module: str) -> None:
    own = module.split("/")[0].removesuffix(".py")
    allowed = {*ORDER[: ORDER.index(own)], own}
    ours = {name for name in imported(module) if name.startswith("qa.")}
    later = {name for name in ours if stage(name) not in allowed}
    assert not later, f"{module} imports {sorted(later)}"


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_a_vendor_stays_in_its_module(vendor: str) -> None:
    users = {
        module
        for module in modules()
        if any(name == vendor or name.startswith(f"{vendor}.") for name in imported(module))
    }
    assert users <= VENDORS[vendor], f"{vendor} is imported by {sorted(users)}"


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = {
        re.split(r"[^\w.-]", requirement)[0].replace("_", "-").lower()
        for requirement in (*project["dependencies"], *extras["local"], *extras["mcp"])
    }
    roots = {name.split(".")[0] for module in modules() for name in imported(module)}
    installed = packages_distributions()
    undeclared = {
        root
        for root in roots - sys.stdlib_module_names - {"qa", "qa_eval", "eval"}
        # A namespace such as llama_index has parts in several distributions.
        if declared.isdisjoint(
            each.replace("_", "-").lower() for each in installed.get(root, [root])
        )
    }
    assert not undeclared


def test_types_need_nothing_but_the_standard_library() -> None:
    roots = {name.split(".")[0] for name in imported("types.py")}
    assert roots <= sys.stdlib_module_names


@pytest.mark.parametrize("module", modules())
def test_every_module_says_its_idea(module: str) -> None:
    docstring = ast.get_docstring(ast.parse((PACKAGE / module).read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", "?"))


@pytest.mark.parametrize(
    "module",
    [
        ".".join(("qa", *Path(module).with_suffix("").parts)).removesuffix(".__init__")
        for module in modules()
    ],
)
def test_exported_names_exist(module: str) -> None:
    loaded = importlib.import_module(module)
    names = getattr(loaded, "__all__", [])
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(loaded, name)] == []


def test_the_tree_of_errors_is_the_one_that_is_drawn() -> None:
    assert errors.__doc__ is not None
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in errors.__doc__.splitlines():
        words = line.strip(" │├└─").split()
        if not words or not words[0].endswith("Error"):
            continue
        depth = line.index(words[0])
        while path and path[-1][0] >= depth:
            path.pop()
        drawn[words[0]] = path[-1][1] if path else "Exception"
        path.append((depth, words[0]))
    real = {name: getattr(errors, name).__base__.__name__ for name in errors.__all__}
    assert drawn == real


def test_importing_is_light() -> None:
    script = (
        "import sys, qa\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'llama_index', 'openai', "
        "'gradio', 'xllamacpp'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def test_tests_can_not_leave_the_machine(blocked_connections: list[object]) -> None:
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=0.1)
    with pytest.raises(OSError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 80)
    with pytest.raises(OSError, match="connect"), socket.socket() as plain:
        plain.connect_ex(("192.0.2.1", 80))
    assert len(blocked_connections) == 3
    blocked_connections.clear()
