"""The page of the API: Swagger UI, served from here, with a strict content policy; and the document that it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web

from .request_values import LANGUAGE, PLATFORM

STATIC = Path(__file__).parent / "static"
NEEDED = (STATIC / "vendor/swagger-ui/swagger-ui-bundle.js", STATIC / "vendor/swagger-ui/swagger-ui.css")
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>XRM Platform – API</title>
<link rel="icon" href="data:,">
{head}
</head>
<body>
{body}
</body>
</html>
"""
_HEAD = """<link rel="stylesheet" href="/static/vendor/swagger-ui/swagger-ui.css">
<script src="/static/vendor/swagger-ui/swagger-ui-bundle.js" defer></script>
<script src="/static/api_docs.js" defer></script>"""
_BODY = '<main id="api" data-document="/api/openapi.json"></main>'
_BODY_WITHOUT = '<main><p>{sentence}</p><p><a href="/api/openapi.json">/api/openapi.json</a></p></main>'

DOCUMENT: web.AppKey[dict[str, Any]] = web.AppKey("openapi", dict)


async def docs_page(request: web.Request) -> web.Response:
    """Where the files of Swagger UI are missing the page says how to get them, and leads to the document itself."""
    language = request[LANGUAGE]
    if all(file.is_file() for file in NEEDED):
        head, body = _HEAD, _BODY
    else:
        sentence = request.app[PLATFORM].wording.say("pages", "api_docs_missing", language=language)
        head, body = "", _BODY_WITHOUT.format(sentence=sentence)
    return web.Response(text=_PAGE.format(language=language, head=head, body=body), content_type="text/html")


async def openapi_document(request: web.Request) -> web.Response:
    return web.json_response(request.app[DOCUMENT])
