"""The sandbox as a child process of the studio: ``python -m lib.studio.sandbox_child``."""

from lib.sailor import json_text
from lib.sandbox import Sandbox, SandboxError
from lib.studio.child import Parent


def main() -> None:
    """Run a sandbox until the studio ends; restore its examples whenever the studio says so."""
    parent = Parent()
    try:
        with Sandbox(for_flows=True) as sandbox:
            parent.send(json_text.dump({"cfg": sandbox.cfg}))
            while True:
                parent.receive()
                sandbox.restore_examples()
                parent.send(json_text.dump({}))
    except SandboxError as error:
        parent.send(json_text.dump({"error": str(error)}))


if __name__ == "__main__":
    main()
