"""How the tests draw random examples: the same ones in each run, for people and CI alike."""

from hypothesis import HealthCheck, Phase, settings

_USUAL = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # to shrink what fails took minutes
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.nested_given,  # for the texts that aws_model draws on first use
    ],
)

settings.register_profile("usual", _USUAL)
settings.register_profile("quick", _USUAL, max_examples=20)  # the profile of ``make check``
settings.load_profile("usual")


def tries(count: int) -> settings:
    """Return settings for so many examples; in the profile ``quick``, for fewer in proportion."""
    return settings(max_examples=max(1, count * settings().max_examples // _USUAL.max_examples))
