"""HTTP as the gateway uses it for outgoing calls: the names of httpx, and the only module that imports it.

A successor of httpx is taken in by changing this module.
"""

from httpx import (
    URL,
    AsyncBaseTransport,
    AsyncByteStream,
    HTTPError,
    Request,
    Response,
    TimeoutException,
    codes,
    create_ssl_context,
)

__all__ = [
    "URL",
    "AsyncBaseTransport",
    "AsyncByteStream",
    "HTTPError",
    "Request",
    "Response",
    "TimeoutException",
    "codes",
    "create_ssl_context",
]
