"""Tells a webhook of a night that failed or was refused; never fails the night."""

import json
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10


def notify(url: str, payload: Mapping[str, Any]) -> str | None:
    """Post the payload as JSON; return a warning when it did not arrive."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return "the webhook was not called: FUNNELHOUSE_WEBHOOK_URL is no http(s) URL"
    try:
        _post(url, json.dumps(payload, default=str).encode())
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        return f"the webhook at {parts.hostname} did not take the message: {reason}"
    return None


def _post(url: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "funnelhouse"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        answer.read()
