"""Static word embeddings from the wheel `wordllama`: a text is the exact sum of its tokens' vectors.

The vectors (Llama 2's 32,000 tokens, 256 dimensions, MIT) are read straight from the installed package:
importing `wordllama` would configure the root logger and load an HTTP client, and this needs neither.

Sums are exact, so a text's numbers cannot depend on its batch, the order of addition or the machine: a
component is an integer below 2^12, a text has at most 2^10 tokens, so the components of a sum stay below 2^22
and their squares, summed over 256 dimensions, below 2^52: all of them exact in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

DIMENSIONS = 256
MAX_TOKENS = 1_024
"""A text's further tokens are not read."""
MAX_CHARACTERS = 4 * MAX_TOKENS

_UNITS = 256
"""Integer steps per unit of a component; the vectors come as 16-bit floats below 8, 11 significant bits."""
_CACHED_WORDS = 65_536
_CACHED_LENGTH = 32
_CHUNK = 128
"""Texts gathered at once: their token rows (about 2 MB) stay in the processor's cache."""


class RelevanceModel:
    """Turn texts into vectors. One for each thread; `load` takes about half a second, once a process.

    A text is lowered and cut at spaces; each word is tokenized by itself (which gives the same tokens: none
    of the vocabulary spans a space) and remembered. One word at a time the tokenizer starts no threads, so
    nothing has to be set in the environment.
    """

    def __init__(self, table: NDArray[np.int16], tokenizer: Tokenizer) -> None:
        self._table = table
        self._tokenizer = tokenizer
        self._words: dict[str, list[int]] = {}

    @classmethod
    def load(cls) -> RelevanceModel:
        """Read vectors and tokenizer from the installed package. Raises FileNotFoundError without it."""
        folder = _package_folder("wordllama")
        weights = load_file(folder / "weights" / f"l2_supercat_{DIMENSIONS}.safetensors")["embedding.weight"]
        tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
        return cls(_integers(weights), tokenizer)

    def sums(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the sum of each text's token vectors, shape (texts, 256), whole numbers; no text, zeros."""
        rows = np.zeros((len(texts), DIMENSIONS))
        for start in range(0, len(texts), _CHUNK):
            self._add_chunk(texts[start : start + _CHUNK], rows[start : start + _CHUNK])
        return rows

    def units(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return each text's vector at length 1, shape (texts, 256); zeros where there is none."""
        sums = self.sums(texts)
        return sums / lengths(sums)[:, np.newaxis]

    def _add_chunk(self, texts: Sequence[str], rows: NDArray[np.float64]) -> None:
        tokens: list[int] = []
        starts: list[int] = []
        filled: list[int] = []
        for row, text in enumerate(texts):
            ids = self._token_ids(text)
            if ids:
                starts.append(len(tokens))
                filled.append(row)
                tokens += ids
        if filled:
            rows[filled] = np.add.reduceat(self._table[tokens], starts, axis=0, dtype=np.int32)

    def _token_ids(self, text: str) -> list[int]:
        ids: list[int] = []
        words = self._words
        for word in text[:MAX_CHARACTERS].lower().split():
            found = words.get(word)
            ids += self._tokenize(word) if found is None else found
        return ids[:MAX_TOKENS]

    def _tokenize(self, word: str) -> list[int]:
        clean = word.encode("utf-8", "replace").decode()  # a lone surrogate is no text to the tokenizer
        ids: list[int] = self._tokenizer.encode(clean, add_special_tokens=False).ids
        if len(word) <= _CACHED_LENGTH:
            if len(self._words) >= _CACHED_WORDS:
                self._words.clear()
            self._words[word] = ids
        return ids


def lengths(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Euclidean length of each row; 1 for a row of zeros, so that it can divide."""
    squares = np.einsum("ij,ij->i", vectors, vectors)
    squares[squares == 0] = 1
    roots: NDArray[np.float64] = np.sqrt(squares)
    return roots


def _integers(weights: NDArray[np.float16]) -> NDArray[np.int16]:
    """Centre the vectors at the mean of the vocabulary and round them; exact in float64 in any order."""
    exact = weights.astype(np.float64)
    whole: NDArray[np.int16] = np.rint((exact - exact.mean(axis=0)) * _UNITS).astype(np.int16)
    return whole


def _package_folder(name: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"the package {name} is not installed: install Rapport with its dependencies")
    return Path(found.origin).parent
