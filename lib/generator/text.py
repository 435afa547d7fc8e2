"""The model's names as titles, its HTML as plain text."""

import re
from html.parser import HTMLParser

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_END_OF_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z])")
_SPELLINGS = {
    "arn": "ARN",
    "id": "ID",
    "ids": "IDs",
    "kms": "KMS",
    "max": "Maximum",
    "uri": "URI",
    "url": "URL",
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


def paragraphs(html: str) -> list[str]:
    """Return the paragraphs of an HTML text, without tags, entities and doubled blanks."""
    parser = _Paragraphs()
    parser.feed(html)
    parser.close()
    joined = (" ".join("".join(pieces).split()) for pieces in parser.pieces)
    return [paragraph for paragraph in joined if paragraph]


def first_sentence(paragraph: str) -> str:
    """Return how a plain paragraph begins; what follows is often a link that led elsewhere."""
    return _END_OF_SENTENCE.split(paragraph, maxsplit=1)[0]


def plain(html: str) -> str:
    """Return an HTML text as plain text, one line a paragraph."""
    return "\n".join(paragraphs(html))


class _Paragraphs(HTMLParser):
    """Collects text; every tag that is not inline begins a paragraph."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[list[str]] = [[]]

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)

    def handle_data(self, data: str) -> None:
        self.pieces[-1].append(data)

    def _break(self, tag: str) -> None:
        if tag not in _INLINE:
            self.pieces.append([])
