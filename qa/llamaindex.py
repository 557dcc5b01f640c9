"""A `Library` for LlamaIndex programs: a retriever and a query engine.

Importing this module imports LlamaIndex, which takes a second; nothing else here does.
"""

from __future__ import annotations

from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from qa.library import Library
from qa.types import Citation, Hit

__all__ = ["LibraryQueryEngine", "LibraryRetriever"]


class LibraryRetriever(BaseRetriever):
    """Retrieve a library's chunks as nodes with exact offsets.

    Parameters
    ----------
    library : Library
    limit : int
        Chunks for each query.
    """

    def __init__(self, library: Library, limit: int = 10) -> None:
        self._library = library
        self._limit = limit
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._library.search(query_bundle.query_str, self._limit)
        return [_hit_node(hit) for hit in hits]


class LibraryQueryEngine(BaseQueryEngine):
    """Answer queries with checked, cited answers.

    The response's source nodes are the citations, in order; its metadata is
    `Answer.to_dict`.

    Parameters
    ----------
    library : Library
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        super().__init__(callback_manager=None)

    def _query(self, query_bundle: QueryBundle) -> Response:
        answer = self._library.ask(query_bundle.query_str)
        return Response(
            response=answer.text,
            source_nodes=[_citation_node(citation) for citation in answer.citations],
            metadata=answer.to_dict(),
        )

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return self._query(query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def _hit_node(hit: Hit) -> NodeWithScore:
    chunk = hit.chunk
    return _node(chunk.text, chunk.document, hit, chunk.start, chunk.end, hit.score)


def _citation_node(citation: Citation) -> NodeWithScore:
    return _node(
        citation.quote,
        citation.document,
        citation,
        citation.start,
        citation.end,
        citation.support,
    )


def _node(
    text: str, document: str, about: Hit | Citation, start: int, end: int, score: float
) -> NodeWithScore:
    metadata: dict[str, Any] = {
        "document": document,
        "title": about.title,
        "date": about.date,
        "saved": about.saved,
    }
    node = TextNode(
        id_=f"{document}:{start}-{end}",
        text=text,
        metadata=metadata,
        # A model would take it for the date of what is said.
        excluded_llm_metadata_keys=["saved"],
        excluded_embed_metadata_keys=["saved"],
        start_char_idx=start,
        end_char_idx=end,
    )
    return NodeWithScore(node=node, score=score)
