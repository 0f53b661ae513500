"""What is counted: requests by route, and how long they took. One registry an application, so tests do not meet."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measures:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "xrm_http_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "xrm_http_request_seconds", "Time to answer a request", ["method", "route"], registry=self._registry
        )

    def request(self, request: web.Request, status: int, seconds: float) -> None:
        method = request.method if request.method in _METHODS else "other"
        route = route_of(request)
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """All of it in the text format of Prometheus."""
        return generate_latest(self._registry)


MEASURES: web.AppKey[Measures] = web.AppKey("measures", Measures)


def route_of(request: web.Request) -> str:
    """The template of the route, never the address: labels must not grow with what callers invent."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"
