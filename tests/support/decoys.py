"""AWS settings of a machine that nobody may use: in the environment, and in ``~/.aws``."""

from pathlib import Path

# Stands in every decoy: where it shows up, the machine's AWS settings got through.
DECOY = "DECOY"
# Port 9 discards: what goes there gets no answer.
_NOWHERE = f"http://127.0.0.1:9/{DECOY}"
VARIABLES = {
    "AWS_ACCESS_KEY_ID": f"AKIA{DECOY}ENVIRONMENT",
    "AWS_SECRET_ACCESS_KEY": f"{DECOY}-secret-of-the-environment",
    "AWS_SESSION_TOKEN": f"{DECOY}-token-of-the-environment",
    "AWS_PROFILE": DECOY,
    "AWS_REGION": f"xx-{DECOY}-1",
    "AWS_DEFAULT_REGION": f"xx-{DECOY}-1",
    "AWS_CA_BUNDLE": f"/{DECOY}/ca-bundle.pem",
    "AWS_ENDPOINT_URL": _NOWHERE,
    "AWS_ENDPOINT_URL_ECR": _NOWHERE,
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT": _NOWHERE,
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": _NOWHERE,
}
_KEYS = f"""
aws_access_key_id = AKIA{DECOY}FILE
aws_secret_access_key = {DECOY}-secret-of-the-file
aws_session_token = {DECOY}-token-of-the-file
"""
_SETTINGS = f"""
region = xx-{DECOY}-1
endpoint_url = {_NOWHERE}
use_fips_endpoint = true
"""


def write_home(home: Path) -> None:
    """Write ``.aws/credentials`` and ``.aws/config`` into a home directory."""
    folder = home / ".aws"
    folder.mkdir()
    profile = f"[profile {DECOY}]"
    (folder / "credentials").write_text(f"[default]{_KEYS}[{DECOY}]{_KEYS}")
    (folder / "config").write_text(f"[default]{_SETTINGS}{profile}{_SETTINGS}")
