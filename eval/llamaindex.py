"""LlamaIndex's stock CitationQueryEngine as a system: the peer, given a fair chance.

Nothing of it is set but what it is to work with: the same language model at temperature
0, the same embedding model, the same folder, read by its own reader. Chunks, numbers of
sources, prompts and response mode are its own defaults. A follow-up goes through its own
CondenseQuestionChatEngine. Its sources have no offsets, so they are looked up in the
documents' text: a source that is found there verbatim counts as exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.chat_engine import CondenseQuestionChatEngine
from llama_index.core.constants import DEFAULT_NUM_OUTPUTS
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import CustomLLM, MessageRole
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import NodeWithScore
from pydantic import PrivateAttr

from qa.documents import canonical_text
from qa.embeddings import Embedder
from qa.errors import ModelUnavailableError, QaError
from qa.llms import ChatModel, Deadline, Message, complete
from qa.types import Citation, Document, Passage, Sentence, Turn

from .systems import DEADLINE_SECONDS, Reply, Setup, plain_answer

__all__ = ["CitationEngineSystem", "SharedEmbedding", "SharedLLM"]

_SOURCE = re.compile(r"\ASource \d+:\n")
# "[2]", "[1, 2]" and, as models write it after prompts that speak of sources, "[Source 2]".
_MARKER = re.compile(r"\[(?:Sources?\s+)?(\d+(?:\s*,\s*(?:Source\s+)?\d+)*)\]", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


class SharedLLM(CustomLLM):
    """Our chat model as a LlamaIndex LLM, so that both systems ask the very same one."""

    _model: ChatModel = PrivateAttr()

    def __init__(self, model: ChatModel) -> None:
        super().__init__()
        self._model = model

    @property
    def metadata(self) -> LLMMetadata:
        """What prompts are fitted to."""
        return LLMMetadata(
            context_window=self._model.context_tokens,
            num_output=DEFAULT_NUM_OUTPUTS,
            is_chat_model=True,
            model_name=self._model.name,
        )

    def _reply(self, messages: Sequence[Message]) -> str:
        deadline = Deadline(DEADLINE_SECONDS)
        completion = complete(
            self._model, messages, max_tokens=DEFAULT_NUM_OUTPUTS, deadline=deadline
        )
        return completion.text

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:  # noqa: ARG002
        """Answer a chat prompt."""
        text = self._reply([_message(message) for message in messages])
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text))

    @llm_completion_callback()
    def complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> CompletionResponse:
        """Answer a prompt as one user message."""
        return CompletionResponse(text=self._reply([Message("user", prompt)]))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """The whole reply as one piece."""
        response = self.chat(messages, **kwargs)
        yield response.model_copy(update={"delta": response.message.content})

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """The whole reply as one piece."""
        response = self.complete(prompt, formatted, **kwargs)
        yield response.model_copy(update={"delta": response.text})


class SharedEmbedding(BaseEmbedding):
    """Our embedder as a LlamaIndex embedding."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name=embedder.name)
        self._embedder = embedder

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.embed(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._embedder.embed_query(query).tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class CitationEngineSystem:
    """The stock engine over a folder of documents.

    Parameters
    ----------
    setup : Setup
    model : ChatModel
    """

    name = "llamaindex"
    keeps_contract = False

    def __init__(self, setup: Setup, model: ChatModel) -> None:
        self._setup = setup
        self._model = model
        library = setup.open_library(setup.settings.model_copy(update={"llm": "none"}))
        self._documents = dict(library.documents)
        self._llm = SharedLLM(model)
        reader = SimpleDirectoryReader(
            str(setup.folder),
            recursive=True,
            file_metadata=lambda path: {"file_path": _relative(path, setup.folder)},
        )
        index = VectorStoreIndex.from_documents(
            reader.load_data(), embed_model=SharedEmbedding(setup.embedder)
        )
        self._engine = CitationQueryEngine.from_args(index, llm=self._llm)

    def ask(self, question: str, history: Sequence[Turn]) -> Reply:
        """Query the engine, through its condensing chat engine after a conversation."""
        if not history:
            return _asked(lambda: self._reply(question, self._engine.query(question)))
        chat = CondenseQuestionChatEngine.from_defaults(
            query_engine=self._engine,
            llm=self._llm,
            # Its default memory keeps a database connection open; what it holds is the same.
            memory=ChatMemoryBuffer.from_defaults(token_limit=self._model.context_tokens - 256),
        )
        turns = [
            ChatMessage(role=role, content=content)
            for turn in history
            for role, content in (
                (MessageRole.USER, turn.question),
                (MessageRole.ASSISTANT, turn.answer),
            )
        ]
        return _asked(lambda: self._reply(question, chat.chat(question, chat_history=turns)))

    def _reply(self, question: str, response: Any) -> Reply:
        text, nodes = str(response), list(response.source_nodes)
        # The figures read one number in each pair of brackets.
        text = _MARKER.sub(
            lambda match: "".join(f"[{int(n)}]" for n in _NUMBER.findall(match[1])), text
        )
        cited = {int(match[1]) for match in _MARKER.finditer(text)}
        sources = [self._located(node) for node in nodes]
        return Reply(
            plain_answer(
                question,
                text,
                self._model.name,
                self._setup.settings,
                citations=tuple(
                    _citation(number, source, self._documents)
                    for number, source in enumerate(sources, start=1)
                    if number in cited
                ),
                evidence=tuple(
                    Passage(
                        number, source, *_about(source, self._documents), float(node.score or 0)
                    )
                    for number, (source, node) in enumerate(zip(sources, nodes, strict=True), 1)
                ),
            )
        )

    def _located(self, node: NodeWithScore) -> Sentence:
        path = str(node.node.metadata.get("file_path", ""))
        quote = _SOURCE.sub("", node.node.get_content()).strip()
        document = self._documents.get(path)
        for text in (quote, canonical_text(quote).strip()):
            start = document.text.find(text) if document else -1
            if start >= 0:
                return Sentence(path, 0, start, start + len(text), text)
        return Sentence(path, 0, 0, 0, quote)


def _asked(ask: Callable[[], Reply]) -> Reply:
    try:
        return ask()
    except QaError:
        raise
    except Exception as error:
        # Whatever fails inside the peer is its answer's failure, not the run's.
        raise ModelUnavailableError(
            f"LlamaIndex failed: {type(error).__name__}: {error}"
        ) from error


def _relative(path: str, folder: Path) -> str:
    return Path(path).resolve().relative_to(folder.resolve()).as_posix()


def _about(source: Sentence, documents: dict[str, Document]) -> tuple[str, str | None]:
    document = documents.get(source.document)
    return (document.title, document.date) if document else (source.document, None)


def _citation(number: int, source: Sentence, documents: dict[str, Document]) -> Citation:
    return Citation(
        number,
        source.document,
        *_about(source, documents),
        source.start,
        source.end,
        source.text,
        support=1.0,
    )


def _message(message: ChatMessage) -> Message:
    match message.role:
        case MessageRole.SYSTEM:
            return Message("system", message.content or "")
        case MessageRole.ASSISTANT:
            return Message("assistant", message.content or "")
    return Message("user", message.content or "")
