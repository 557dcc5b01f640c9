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

# The way of the data, a package with its modules: each imports only from those before it. What a
# package itself offers (llms, readers, ui) is made of its modules, so comes after them.
ORDER = {
    # What all else stands on.
    "types": "",
    "errors": "",
    "addresses": "",
    "checksums": "",
    "settings": "",
    "llms": "base dialect llamaindex embedded scripted weights",
    # From files to an index.
    "documents": "",
    "language": "calendar_names scripts sentences lexicon values units alignment mentions polarity "
    "injection dating listing questions",
    "readers": "content dates encoding formulas titles header archive text html data docx epub "
    "pptx sheets forms pdf worker mail language sandbox",
    "folders": "exclusions files upkeep",
    "chunks": "",
    "encoders": "pytorch compiled",
    "embeddings": "",
    "storage": "generations vectors snapshot entries unreadable sightings versions",
    "index": "",
    # From a question to a checked answer.
    "retrieval": "",
    "evidence": "",
    "generation": "",
    "checking": "claims checker decider objections yes_no",
    "verification": "",
    "computing": "tables aggregates document_date computation moments "
    "whole_dates amounts arithmetic derived",
    "reading": "",
    "comparing": "latest witnesses conflict comparison",
    "answering": "premise abstention summary extraction pipeline priming",
    "identity": "",
    "answer": "",
    # What people and programs meet.
    "library": "",
    "llamaindex": "",
    "faces": "printing markup doctor watching",
    "ui": "accounts choices line uploads conversation small_talk suggestions markup source "
    "source_requests keeping frame desk programs shelf panel render talk guard app serving",
    "cli": "",
}
PLACES = [
    place
    for name, parts in ORDER.items()
    for place in (*(f"{name}.{part}" for part in parts.split()), name)
]
# These offer something themselves; any other only groups its modules.
OFFERING = {"llms", "readers", "ui"}

# Each vendor is met in the module named for it; types for people's own models excepted.
VENDORS = {
    "selectolax": {"readers/html.py", "readers/formulas.py"},
    "pypdfium2": {"readers/pdf.py", "readers/forms.py"},
    "docx": {"readers/docx.py"},
    "pptx": {"readers/pptx.py"},
    "openpyxl": {"readers/sheets.py"},
    "defusedxml": {"readers/archive.py"},
    "py3langid": {"readers/language.py"},
    "faiss": {"storage/vectors.py"},
    "bm25s": {"language/lexicon.py", "storage/snapshot.py"},
    "Stemmer": {"language/alignment.py", "language/lexicon.py"},
    "sentence_transformers": {"encoders/pytorch.py"},
    "openvino": {"encoders/compiled.py"},
    "tokenizers": {"encoders/compiled.py"},
    "transformers": {"encoders/pytorch.py"},
    "huggingface_hub": {"embeddings.py"},
    "markupsafe": {"faces/markup.py"},
    "starlette": {"ui/guard.py", "ui/serving.py"},
    "llama_index": {"embeddings.py", "llms/llamaindex.py", "library.py", "llamaindex.py"},
    "openai": set(),
    "torch": {"encoders/pytorch.py"},
    "xllamacpp": {"llms/embedded.py"},
    "typer": {"cli.py"},
    "watchfiles": {"faces/watching.py", "ui/shelf.py"},
    "rich": {"cli.py", "faces/watching.py"},
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
            yield from (f"{node.module}.{name.name}" for name in node.names)


def dotted(module: str) -> str:
    """The name of a module within the package: ``llms.base``, and ``llms`` for what it offers."""
    return ".".join(Path(module).with_suffix("").parts).removesuffix(".__init__")


def position(name: str) -> int:
    """Where in the order a name like ``qa.llms.base.Deadline`` has its place."""
    parts = name.split(".")[1:]
    module = ".".join(parts[:2])
    return PLACES.index(module if module in PLACES else parts[0])


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
    assert sorted(map(dotted, modules())) == sorted([*PLACES, "__init__"])


@pytest.mark.parametrize("module", [module for module in modules() if module != "__init__.py"])
def test_a_module_imports_only_from_those_before_it(module: str) -> None:
    own = PLACES.index(dotted(module))
    later = {name for name in imported(module) if name.startswith("qa.") and position(name) >= own}
    assert not later, f"{module} imports {sorted(later)}"


@pytest.mark.parametrize("package", [name for name, parts in ORDER.items() if parts])
def test_a_group_only_says_its_idea(package: str) -> None:
    code = ast.parse((PACKAGE / package / "__init__.py").read_text(encoding="utf-8")).body
    # Whoever imports one module, as the child that reads files does, gets no other.
    assert (len(code) > 1) == (package in OFFERING)


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
    [f"qa.{dotted(module)}".removesuffix(".__init__") for module in modules()],
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
