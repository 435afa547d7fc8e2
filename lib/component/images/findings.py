"""Findings of a scan, alike for basic and for enhanced scanning: counted, and the worst of them.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFinding.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EnhancedImageScanFinding.html
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, Self

Finding = dict[str, Any]

# From the worst on. Amazon Inspector's UNTRIAGED, and what AWS may add, count as UNDEFINED.
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
NEVER = "never"
# The values of the field failsAt, each with its label.
FAILS_AT = {
    "critical": "Critical",
    "high": "High or worse",
    "medium": "Medium or worse",
    "low": "Low or worse",
    "informational": "Informational or worse",
    "undefined": "Any finding",
    NEVER: "Never",
}

# Attributes of a basic finding that hold a score, the latest standard first.
_SCORES = ("CVSS4_SCORE", "CVSS3_SCORE", "CVSS2_SCORE")


@dataclass(frozen=True)
class Findings:
    """The findings of a scan.

    Args:
        counts: Their number by severity, from the worst on; each of ``SEVERITIES`` is there.
        worst: The worst of them, as messages have them, the very worst first.
    """

    counts: Mapping[str, int]
    worst: list[Finding]

    @classmethod
    def collected(cls, pages: Iterable[Mapping[str, Any]], most: int) -> Self:
        """Return the findings of all pages; of those, only the worst stay in memory.

        Args:
            pages: The member ``imageScanFindings`` of each page.
            most: The number of findings to keep, at least 1.
        """
        listed: Counter[str] = Counter()
        counted_by_aws: Counter[str] = Counter()

        def findings() -> Iterator[Finding]:
            nonlocal counted_by_aws
            for page in pages:
                counts: Counter[str] = Counter()
                for severity, count in (page.get("findingSeverityCounts") or {}).items():
                    counts[_known(severity)] += count
                counted_by_aws |= counts  # each page has those of all
                for finding in _alike(page):
                    listed[finding["severity"]] += 1
                    yield finding

        worst = nsmallest(most, findings(), key=_rank)
        # Where the two differ, the larger one counts: nothing passes for a finding left out.
        counts = listed | counted_by_aws
        return cls({severity: counts[severity] for severity in SEVERITIES}, worst)

    @property
    def total(self) -> int:
        """The number of all findings."""
        return sum(self.counts.values())

    def pass_at(self, fails_at: str) -> bool:
        """Return whether none of the findings is as bad as one of ``FAILS_AT``, or worse."""
        if fails_at == NEVER:
            return True
        bad = SEVERITIES[: SEVERITIES.index(fails_at.upper()) + 1]
        return not any(self.counts[severity] for severity in bad)


def _alike(page: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a page's findings, basic and enhanced ones, in the form that messages have."""
    for finding in page.get("findings") or []:
        yield _present(_basic(finding))
    for finding in page.get("enhancedFindings") or []:
        yield _present(_enhanced(finding))


def _basic(finding: Mapping[str, Any]) -> Finding:
    """Return a finding of basic scanning, whose details are attributes."""
    attributes = {one["key"]: one.get("value") for one in finding.get("attributes") or []}
    package = {
        "name": attributes.get("package_name"),
        "version": attributes.get("package_version"),
    }
    return {
        "name": finding.get("name"),
        "severity": _known(finding.get("severity")),
        "score": _score(attributes),
        "description": finding.get("description"),
        "uri": finding.get("uri"),
        "packages": [_present(package)],
    }


def _enhanced(finding: Mapping[str, Any]) -> Finding:
    """Return a finding of Amazon Inspector."""
    details = finding.get("packageVulnerabilityDetails") or {}
    return {
        "name": details.get("vulnerabilityId") or finding.get("title"),
        "severity": _known(finding.get("severity")),
        "score": finding.get("score"),
        "description": finding.get("description"),
        "uri": details.get("sourceUrl"),
        "packages": [
            _present({name: package.get(name) for name in ("name", "version", "fixedInVersion")})
            for package in details.get("vulnerablePackages") or []
        ],
        "fixAvailable": finding.get("fixAvailable"),
        "exploitAvailable": finding.get("exploitAvailable"),
    }


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return members without those that AWS does not give."""
    return {name: value for name, value in members.items() if value not in (None, [], [{}])}


def _known(severity: Any) -> str:
    return severity if severity in SEVERITIES else SEVERITIES[-1]


def _score(attributes: Mapping[str, str | None]) -> float | None:
    for name in _SCORES:
        with suppress(TypeError, ValueError):
            return float(attributes.get(name))  # type: ignore[arg-type]
    return None


def _rank(finding: Finding) -> tuple[int, float, str]:
    severity: str = finding["severity"]
    return SEVERITIES.index(severity), -finding.get("score", 0), finding.get("name", "")
