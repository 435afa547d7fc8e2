"""Titles made of the model's names, plain text made of its HTML."""

import re
from html.parser import HTMLParser

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_END_OF_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z])")
_SPELLINGS = {
    "arn": "ARN",
    "aws": "AWS",
    "cvss": "CVSS",
    "ecr": "ECR",
    "id": "ID",
    "ids": "IDs",
    "kms": "KMS",
    "max": "Maximum",
    "uri": "URI",
    "url": "URL",
    "urls": "URLs",
}
_SMALL = {"for", "in", "on"}
_INLINE = {"a", "b", "code", "em", "i", "strong"}


def title(name: str) -> str:
    """Return a name in words: ``imageIds`` is ``Image IDs``."""
    words = [word.lower() for word in _WORD.findall(name)]
    last = len(words) - 1
    return " ".join(
        word if word in _SMALL and 0 < place < last else _SPELLINGS.get(word, word.capitalize())
        for place, word in enumerate(words)
    )


def first_sentences(plain_text: str, count: int) -> str:
    """Return how a plain text begins, without line breaks."""
    sentences = _END_OF_SENTENCE.split(plain_text.replace("\n", " "))
    return " ".join(sentences[:count])


def plain(html: str) -> str:
    """Return an HTML text as plain text: one line per paragraph, each URL after its link.

    Tags, entities and repeated blanks are removed. Links that are not to a web page become text.
    """
    parser = _Paragraphs()
    parser.feed(html)
    parser.close()
    lines = (" ".join("".join(pieces).split()) for pieces in parser.pieces)
    return "\n".join(line for line in lines if line)


class _Paragraphs(HTMLParser):
    """Collects text; every tag that is not inline begins a paragraph."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[list[str]] = [[]]
        self._url = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._url = dict(attrs).get("href") or ""
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._url.startswith("https://"):
            self.pieces[-1].append(f" ({self._url})")
        self._break(tag)

    def handle_data(self, data: str) -> None:
        self.pieces[-1].append(data)

    def _break(self, tag: str) -> None:
        if tag not in _INLINE:
            self.pieces.append([])
