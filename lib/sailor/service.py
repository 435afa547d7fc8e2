"""``service``: one answer to the design screens per process.

docs/platform.md, "Design-time services".
"""

import logging
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lib.redaction import Redactor
from lib.sailor import json_text, logs
from lib.sailor.component import Component
from lib.sailor.errors import HttpError, JsonError, SailorError, ServiceError, SettingsError
from lib.sailor.http_client import HttpClient, Retries
from lib.sailor.settings import PREFIX, log_level

_OK = 200
_ATTEMPTS = 3
_PAUSE = 0.1  # seconds
_TIMEOUT = 15  # seconds

log = logging.getLogger("sailor")


def service(method: str, environ: Mapping[str, str]) -> int:
    """Answer a question of the design screens, and post the answer to the URL in the environment.

    Args:
        method: ``verifyCredentials``, ``selectModel`` or ``getMetaModel``.
        environ: The environment variables.

    Returns:
        The process's exit code: 0 when the answer was delivered, even if it is an error.
    """
    context = logs.platform_context(environ)
    logs.configure("info", context)
    try:
        logs.configure(log_level(environ), context, secrets=_secrets(environ))
        url = _required(environ, "POST_RESULT_URL")
        # What a component prints must not break into the log.
        with redirect_stdout(sys.stderr):
            answer = _answer(method, environ)
        _post(url, answer)
    except SailorError as error:
        log.critical("%s", error)
        return 1
    return 0


def ask(method: str, component: Component, cfg: Any, environ: Mapping[str, str]) -> Any:
    """Return the answer to a question of the design screens.

    Args:
        method: As for :func:`service`.
        component: The component.
        cfg: The credentials, and the fields of the step that the question is about.
        environ: ``ELASTICIO_ACTION_OR_TRIGGER`` and ``ELASTICIO_GET_MODEL_METHOD`` say what the
            question is about, where it is about an action or a trigger.

    Raises:
        ServiceError: There is no such question.
        Exception: Whatever the component raises.
    """
    return _method(method)(component, cfg, environ)


def _answer(method: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what to post: the answer, or the error that prevented it."""
    try:
        answer = _method(method)
        for name in ("CFG", "API_URI", "API_USERNAME", "API_KEY"):
            _required(environ, name)
        cfg = json_text.parse(_required(environ, "CFG"))
        component = Component.load(Path.cwd() / environ.get(f"{PREFIX}COMPONENT_PATH", ""))
        return {"status": "success", "data": answer(component, cfg, environ)}
    except JsonError:
        return _failure(ServiceError(f"{PREFIX}CFG is not JSON"), environ)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a component may raise anything
        return _failure(error, environ)


def _method(name: str) -> Callable[[Component, Any, Mapping[str, str]], Any]:
    if name not in _METHODS:
        raise ServiceError(f"got the service {name!r}, expected {' or '.join(_METHODS)}")
    return _METHODS[name]


def _failure(error: BaseException, environ: Mapping[str, str]) -> dict[str, Any]:
    log.error("The answer is an error: %s: %s", type(error).__name__, error)
    return {"status": "error", "data": {"message": _shown(error, environ)}}


def _shown(error: BaseException, environ: Mapping[str, str]) -> str:
    """Return an error's text without the secrets of the environment."""
    return Redactor(_secrets(environ), logs.REDACTED).redact(str(error))


def _verify_credentials(
    component: Component, cfg: Any, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Return whether the credentials are good; a component that does not check takes any."""
    if not (component.path / "verify_credentials.py").is_file():
        return {"verified": True}
    try:
        verify = component.import_file("verify_credentials.py").verify_credentials
        result = verify(cfg)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - any error is the reason
        return {"verified": False, "reason": _shown(error, environ)}
    if isinstance(result, Mapping) and "verified" in result:
        return dict(result)
    return {"verified": result is not False}


def _select_model(component: Component, cfg: Any, environ: Mapping[str, str]) -> Any:
    return _call(component, _required(environ, "GET_MODEL_METHOD"), cfg, environ)


def _get_meta_model(component: Component, cfg: Any, environ: Mapping[str, str]) -> Any:
    return _call(component, "get_meta_model", cfg, environ)


_METHODS: dict[str, Callable[[Component, Any, Mapping[str, str]], Any]] = {
    "verifyCredentials": _verify_credentials,
    "selectModel": _select_model,
    "getMetaModel": _get_meta_model,
}


def _call(component: Component, name: str, cfg: Any, environ: Mapping[str, str]) -> Any:
    """Call a function in the module of the action or trigger that the question is about."""
    entry = _required(environ, "ACTION_OR_TRIGGER")
    function = getattr(component.module(entry), name, None)
    if not callable(function):
        raise ServiceError(f"The module of {entry!r} has no function {name!r}")
    return function(cfg)


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(PREFIX + name)
    if not value:
        raise SettingsError(f"{PREFIX}{name} is missing")
    return value


def _post(url: str, answer: dict[str, Any]) -> None:
    """Deliver the answer. The URL may contain a user and a password."""
    client = HttpClient(
        "the design screens",
        url,
        HttpError,
        Retries(_ATTEMPTS, lambda _: _PAUSE),
        _TIMEOUT,
    )
    response = client.request("POST", "", json_text.dump(answer))
    if response.status != _OK:
        raise ServiceError(f"The answer was received with HTTP {response.status}, not {_OK}")


def _secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the texts that no log line and no answer may show.

    Raises:
        SettingsError: The URL that has one of them is malformed.
    """
    variable = f"{PREFIX}POST_RESULT_URL"
    try:
        password = urlsplit(environ.get(variable, "")).password or ""
    except ValueError:
        raise SettingsError(f"{variable} is malformed") from None
    return environ.get(f"{PREFIX}API_KEY", ""), password, unquote(password)
