"""A requests adapter for one origin, over connections that do only what we need."""

from functools import partial
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connectionpool import ConnectionPool

from lib.http.connection import Connection, TlsConnection


class OriginAdapter(HTTPAdapter):
    """An adapter for one origin, whose timeouts are deadlines.

    Args:
        connections: How many connections are kept alive.
        largest_answer: The bytes that an answer's content may have.
    """

    _pool: ConnectionPool | None = None
    _latest: tuple[str | None, str] = (None, "")  # a URL and its target, in one assignment

    def __init__(self, connections: int, largest_answer: int) -> None:
        self._largest_answer = largest_answer
        super().__init__(pool_connections=2, pool_maxsize=connections)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        """Look up the origin's connections once, not for each request."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        """Parse a URL once, as long as the requests go to the same one."""
        url, target = self._latest
        if request.url is not url:
            target = super().request_url(request, proxies)
            self._latest = request.url, target
        return target

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Return what a client of a JSON service reads; requests would collect cookies too."""
        response = Response()
        response.status_code = resp.status
        response.headers = resp.headers
        response.raw = resp
        response.request = req
        return response

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use our connections where there is no proxy."""
        super().init_poolmanager(*args, **kwargs)
        self._use_our_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Use our connections through a proxy."""
        return self._use_our_connections(super().proxy_manager_for(proxy, **proxy_kwargs))

    def _use_our_connections(self, pools: PoolManager) -> PoolManager:
        largest = self._largest_answer

        class HttpPool(HTTPConnectionPool):
            ConnectionCls = partial(Connection, largest_answer=largest)  # type: ignore[assignment]

        class HttpsPool(HTTPSConnectionPool):
            ConnectionCls = partial(TlsConnection, largest_answer=largest)  # type: ignore[assignment]

        pools.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
        return pools
