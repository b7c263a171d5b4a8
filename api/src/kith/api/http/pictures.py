"""Pictures: by their own media type, or as plain bytes for clients that know no pictures.

Generators of clients leave out an operation whose every answer has a media type that they do not know.
"""

from typing import Any, TypeVar

from litestar import Request, Response

BYTES = "application/octet-stream"

Content = TypeVar("Content", str, bytes)


def answer(request: Request[Any, Any, Any], content: Content, media_type: str) -> Response[Content]:
    """Return a picture as the client asks for it."""
    wanted = request.accept.best_match([media_type, BYTES], default=media_type)
    return Response(content, media_type=wanted)
