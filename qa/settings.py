"""All settings, validated in one place; nothing is constructed here.

A value comes from, in this order: an argument, a ``QA_*`` environment variable
(``QA_LLM``, ``QA_RETRIEVAL__CHUNKS``), ``qa.toml`` in the working directory, the
default.

A folder from somebody else may contain a ``qa.toml``. So a warning is logged if that file names
the language model, which will read the documents, and no API key from another source is sent to a
server that only this file names.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from qa.addresses import server_of
from qa.errors import SettingsError

__all__ = [
    "SETTINGS_FILE",
    "ChunkingSettings",
    "EmbeddingSettings",
    "EvidenceSettings",
    "GenerationSettings",
    "LocalModelSettings",
    "RetrievalSettings",
    "Settings",
    "SupportModel",
    "VerificationSettings",
    "unknown_variables",
]


SETTINGS_FILE = "qa.toml"

logger = logging.getLogger(__name__)

# Model names that send no document anywhere: a foreign ``qa.toml`` may set them.
_HARMLESS = frozenset({"", "auto", "embedded", "none"})
_SIGN_IN = re.compile(r"//[^/@]*@")
# A group of settings can be given as JSON in one variable.
_UNPARSED = re.compile(r'parsing value for field "(\w+)" from source "EnvSettingsSource"')


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class EmbeddingSettings(_Group):
    """How text becomes vectors."""

    model: str = Field(
        "all-MiniLM-L6-v2",
        description="The bundled all-MiniLM-L6-v2, any sentence-transformers name or folder, "
        "or 'hashing' (a model-free embedder for tests).",
    )
    batch_size: int = Field(
        16, ge=1, le=1024, description="Sentences of 32 tokens embedded at once; fewer if longer."
    )
    query_prefix: str = Field(
        "", max_length=1000, description="Put before each question: 'query: ' for E5 models."
    )
    passage_prefix: str = Field(
        "", max_length=1000, description="Put before each text of a document: 'passage: '."
    )
    precision: Literal["auto", "int8", "bfloat16", "float32"] = Field(
        "auto",
        description="Precision that the model computes in. 'int8' compiles it to eight bits, which "
        "needs the extra 'local' and a suitable model. 'auto' does so if it can, else it takes "
        "bfloat16 if the processor multiplies matrices in it, else float32. The vectors are "
        "nearly the same, so that an index made in one serves the others.",
    )


class ChunkingSettings(_Group):
    """How documents are cut."""

    max_chunk_characters: int = Field(
        1200,
        ge=200,
        le=20_000,
        description="A paragraph longer than this becomes several chunks.",
    )


class RetrievalSettings(_Group):
    """How chunks are ranked: the fusion measured in the design, on z-scores."""

    chunks: int = Field(20, ge=1, le=100, description="Chunks that are found for a question.")
    dense_weight: float = Field(0.65, ge=0.0, le=1.0, description="The rest goes to BM25.")


class EvidenceSettings(_Group):
    """How much of what was found the LLM reads.

    The least is counted in tokens, because short sentences cost little and a long one tells more.
    Of 1,278 SQuAD questions over whole articles, .964 had the right sentence in their evidence at
    a median of 197 tokens (.965 at 239 with always five sentences), of 500 NQ questions .988 at
    168 (.988 at 172).
    """

    least_tokens: int = Field(
        150,
        ge=0,
        le=16_000,
        description="The most relevant sentences are read until they have so many.",
    )
    sentences: int = Field(
        24,
        ge=1,
        le=64,
        description="Sentences that are read at most, if many are about as relevant as the best.",
    )
    max_tokens: int = Field(600, ge=50, le=16_000, description="For all of them together.")
    whole_library_tokens: int = Field(
        1600,
        ge=0,
        le=16_000,
        description="A library no longer than this is read whole: its text stays in the LLM's "
        "cache from question to question.",
    )


class GenerationSettings(_Group):
    """How the LLM is asked."""

    max_tokens: int = Field(160, ge=16, le=4096)
    deadline_seconds: float = Field(
        120.0,
        gt=0.0,
        # A day; timeouts of centuries would overflow.
        le=86_400.0,
        description="For one question, all calls.",
    )


class SupportModel(_Group):
    """Weights of the signals in a claim's support; none is negative, so that it rises with each.

    They belong to a language model and are fitted to judged claims (`eval.calibration`); the
    defaults are the embedded model's. Numbers and polarity were fitted alone and weigh less here,
    since the second reading notices some of it too. So does `whole`, since more answers from
    selected sentences were right than it told.
    """

    intercept: float = -12.46
    check: float = Field(5.63, ge=0.0)
    confidence: float = Field(2.58, ge=0.0)
    similarity: float = Field(1.51, ge=0.0)
    names: float = Field(0.43, ge=0.0)
    numbers: float = Field(1.2, ge=0.0)
    polarity: float = Field(3.0, ge=0.0)
    verbatim: float = Field(1.34, ge=0.0)
    whole: float = Field(0.45, ge=0.0)


class YesNoModel(_Group):
    """Weights of the scores that decide between yes, no and neither (`qa.checking.yes_no`).

    They belong to a language model, as those of `SupportModel` do, and are fitted by the same
    command (`eval.decisions`). The defaults are the embedded model's, fitted to the 168 yes-no
    questions of the suite `practice`. By weights that were fitted without the document that is
    asked about, before anything is objected to, .50 of the questions that it decides were right
    and .11 wrong at the default threshold, and .87 of those that it leaves open refused.
    """

    yes: float = Field(-5.1, ge=-1000.0, le=1000.0, description="Where the score of yes starts.")
    no: float = Field(-3.91, ge=-1000.0, le=1000.0, description="Where the score of no starts.")
    clear: float = Field(0.93, ge=0.0, le=1000.0, description="For leaving nothing open.")
    read: float = Field(0.1, ge=0.0, le=1000.0, description="For what the reading says.")
    drafted: float = Field(0.37, ge=0.0, le=1000.0, description="For the draft's first word.")
    yes_from: float = Field(
        1.31,
        ge=-1000.0,
        le=1000.0,
        description="Log-ratio of yes to no in the reading from which on it speaks for yes.",
    )


class VerificationSettings(_Group):
    """How sure a claim must be."""

    threshold: float = Field(
        0.38, ge=0.0, le=1.0, description="A claim with less support than this is left out."
    )
    model: SupportModel = SupportModel()
    yes_no: YesNoModel = YesNoModel()


class LocalModelSettings(_Group):
    """How the embedded LLM runs."""

    context_tokens: int = Field(4096, ge=1024, le=131_072)
    threads: int | None = Field(None, ge=1, description="None: one for each processor available.")
    cache_mebibytes: int = Field(512, ge=0, description="Memory for prompts read before.")


class Settings(BaseSettings):
    """All settings, frozen and validated.

    Raises
    ------
    SettingsError
        From `Settings.load`, when a value is unknown or out of range.
    """

    model_config = SettingsConfigDict(
        env_prefix="QA_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        toml_file=SETTINGS_FILE,
        frozen=True,
        extra="forbid",
    )

    documents: Path | None = Field(None, description="The default library's folder.")
    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("qa", appauthor=False)),
        description="Where indexes and weights are kept.",
    )
    llm: str = Field(
        "auto",
        description="'auto' (the embedded model where it is installed, else none), 'embedded', "
        "'none', 'http://host:port/v1#model', or the path of a GGUF file.",
    )
    further_llms: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        max_length=16,
        description="Models that readers of the chat may choose instead, named in the same way; in "
        "the variable separated by commas.",
    )
    api_key: SecretStr | None = Field(
        None,
        description="Key of the first OpenAI-compatible endpoint that is named. No other server is "
        "sent it, nor one that only qa.toml names, unless the key is there too.",
    )
    embedding: EmbeddingSettings = EmbeddingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    generation: GenerationSettings = GenerationSettings()
    verification: VerificationSettings = VerificationSettings()
    local: LocalModelSettings = LocalModelSettings()

    @field_validator("api_key", mode="before")
    @classmethod
    def _sendable(cls, key: object) -> object:
        # A file that a key was kept in ends in a line break.
        bare = key.strip() if isinstance(key, str) else key
        if isinstance(bare, str) and not (bare.isascii() and bare.isprintable()):
            raise ValueError("a key is of printable ASCII characters; copy it again")
        return bare

    @field_validator("further_llms", mode="before")
    @classmethod
    def _listed(cls, named: object) -> object:
        return _listed(named)

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        try:
            return home.expanduser().absolute()
        except RuntimeError as error:
            raise ValueError(str(error).rstrip(".")) from error

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then ``qa.toml``; the rule for the key comes before all."""
        file = TomlConfigSettingsSource(settings_cls)
        key = _KeyForItsServer(settings_cls, (env_settings, init_settings), file)
        return key, init_settings, env_settings, file

    @classmethod
    def load(cls, **values: Any) -> Settings:
        """Settings from every source, with errors that name the value at fault.

        Raises
        ------
        SettingsError
        """
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError(
                f"Settings can't be used: {_faults(error)}. Check the arguments, the QA_* "
                "variables and qa.toml."
            ) from error
        except (ValueError, OSError) as error:
            raise SettingsError(f"Settings can't be read: {_unread(error)}") from error

    def checked(self, names: Iterable[str]) -> Settings:
        """These settings with some of their groups validated anew.

        ``model_copy`` takes any value as it is: a number that is too large, NaN, or a dict in
        place of a group.

        Parameters
        ----------
        names : iterable of str
            Of groups.

        Raises
        ------
        SettingsError
        """
        groups: dict[str, BaseModel] = {}
        for name in names:
            kind, value = type(self).model_fields[name].annotation, getattr(self, name)
            assert isinstance(kind, type)
            assert issubclass(kind, BaseModel)
            # An instance would be taken for checked, within another one too.
            plain = value.model_dump(warnings=False) if isinstance(value, BaseModel) else value
            try:
                groups[name] = kind.model_validate(plain)
            except ValidationError as error:
                raise SettingsError(
                    f"Settings can't be used: {_faults(error, name)}. Check the copy of them."
                ) from error
        return self.model_copy(update=groups)

    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with any setting that can change an answer.

        Of the settings as they are written; what they lead to is in `Answer.fingerprint`.
        """
        values = self.model_dump(
            mode="json",
            exclude={
                "documents": True,
                "home": True,
                "api_key": True,
                "further_llms": True,
                "local": {"threads", "cache_mebibytes"},
                "embedding": {"batch_size"},
            },
        )
        canonical = json.dumps(values, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


class _KeyForItsServer(PydanticBaseSettingsSource):
    """Settings source that withholds the API key from a server named only in ``qa.toml``.

    Parameters
    ----------
    settings_cls : type
    outside : tuple of PydanticBaseSettingsSource
        All but the file, the one of highest rank last.
    file : PydanticBaseSettingsSource
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        outside: tuple[PydanticBaseSettingsSource, ...],
        file: PydanticBaseSettingsSource,
    ) -> None:
        super().__init__(settings_cls)
        self._outside = outside
        self._file = file

    def get_field_value(
        self,
        field: FieldInfo,  # noqa: ARG002
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """Nothing by itself: the sources are looked at together."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Nothing, or the key that the file has for its own server."""
        outside: dict[str, Any] = {}
        for source in self._outside:
            outside |= source()
        file = self._file()
        place = Path(SETTINGS_FILE).absolute()
        told = [
            _SIGN_IN.sub("//", name)
            for name in _names({name: file[name] for name in file.keys() - outside.keys()})
            if name.strip() not in _HARMLESS
        ]
        if told:
            _tell(f"{place} names the language model {', '.join(told)}.")
        if not outside.get("api_key"):
            return {}
        keyed = next(filter(None, map(server_of, _names(file | outside))), None)
        if keyed is None or keyed in map(server_of, _names(outside)):
            return {}
        _tell(
            f"The key from elsewhere isn't sent to {_SIGN_IN.sub('//', keyed)}, which only {place} "
            "names. Name it with QA_LLM or --model too, or put its key there."
        )
        return {"api_key": file.get("api_key")}


def _names(values: Mapping[str, Any]) -> list[str]:
    """The language models that are named, the first before the further ones."""
    further: object = ()
    # Malformed values are reported when all sources are put together.
    with contextlib.suppress(ValueError):
        further = _listed(values.get("further_llms", ()))
    named = [values.get("llm"), *(further if isinstance(further, Iterable) else ())]
    return [name for name in named if isinstance(name, str)]


def _listed(named: object) -> object:
    if not isinstance(named, str):
        return named
    if named.lstrip().startswith("["):
        return json.loads(named)
    return tuple(name.strip() for name in named.split(",") if name.strip())


@functools.cache
def _tell(message: str) -> None:
    """Log a warning once; it goes to standard error unless logging is configured."""
    logger.warning(message)


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """``QA_*`` variables that no setting has, each with the one that may be meant, or ``""``."""
    known = [f"QA_{name}".upper() for name in Settings.model_fields]
    return {
        name: next(iter(difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.8)), "")
        for name in sorted(environment)
        if name.upper().startswith("QA_") and name.upper().partition("__")[0] not in known
    }


def _unread(error: Exception) -> str:
    """Why the sources couldn't be read, and what to do."""
    found = _UNPARSED.search(str(error))
    if found is None:
        return f"{error}. Check the QA_* variables and qa.toml."
    variable = f"QA_{found[1]}".upper()
    return (
        f"{variable} = {os.environ.get(variable, '')!r} isn't JSON. Name each of its settings by "
        f"itself, as in {variable}__NAME=value."
    )


def _faults(error: ValidationError, *above: str) -> str:
    return "; ".join(
        f"{'.'.join(map(str, (*above, *fault['loc'])))} = {_shown(fault)}: {_said(fault)}"
        for fault in error.errors()
    )


def _said(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "no setting has this name"
    return str(fault["msg"]).removeprefix("Value error, ")


def _shown(fault: Any) -> str:
    """The value at fault, unless it is a secret."""
    return "(hidden)" if fault["loc"][:1] == ("api_key",) else repr(fault["input"])
