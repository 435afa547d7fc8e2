"""How many random examples a test tries."""

from hypothesis import settings

QUICK = "quick"  # the profile of ``make check``

settings.register_profile(QUICK, max_examples=settings().max_examples // 5)


def examples(count: int) -> settings:
    """Return settings for so many examples, or a fifth of them in the profile ``quick``."""
    usual = settings.get_profile("default").max_examples
    return settings(max_examples=max(1, count * settings().max_examples // usual))
