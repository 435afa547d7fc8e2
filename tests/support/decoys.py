"""AWS settings of the machine that the connector must not use: see tests/conftest.py."""

# Part of every decoy: where it shows up, the machine's AWS settings got through.
DECOY = "DECOY"
