"""Settings that Superset reads: facts from PostgreSQL, requests to nobody else."""

import os
from typing import Any

from sqlalchemy.engine.url import URL, make_url

# The address in the dashboard's bundle, which stands for that of the environment: so
# that no password is written into Superset's own tables.
_STANDS_FOR = "funnelhouse.invalid"

# Superset's pages load a picture that counts users, whatever SCARF_ANALYTICS says:
# browsers are told to load nothing from elsewhere.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}


def DB_CONNECTION_MUTATOR(  # noqa: N802  Superset names it so
    uri: URL, params: dict[str, Any], *_: Any
) -> tuple[URL, dict[str, Any]]:
    """Where the facts are: FUNNELHOUSE_READER_URL, by a role that may only read."""
    if uri.host != _STANDS_FOR:
        return uri, params
    reader = make_url(os.environ["FUNNELHOUSE_READER_URL"])
    return reader.set(drivername="postgresql+psycopg2"), params
