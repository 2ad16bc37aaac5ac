"""Starts the dashboard: how Streamlit is called, and whether the port is free.

Imports no Streamlit: the command line asks here before anything heavy is loaded.
"""

import socket
import sys
from pathlib import Path

APP = Path(__file__).with_name("app.py")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class PortInUseError(RuntimeError):
    """Something listens there already; the message says what to do."""


def call(host: str, port: int) -> list[str]:
    """The call of Streamlit: alone on its port, asking nobody and telling nobody."""
    options = {
        "server.address": host,
        "server.port": port,
        # Else it opens a browser, and asks for an e-mail address first.
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "browser.gatherUsageStats": "false",
        # Else it asks the internet under which address it is seen.
        "browser.serverAddress": host,
        "client.toolbarMode": "minimal",
        "global.developmentMode": "false",
        "theme.light.primaryColor": "#0b5d8a",
        "theme.dark.primaryColor": "#74bbe6",
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    # A page elsewhere that points its own name at this machine is refused.
    known = LOOPBACK if host in LOOPBACK else ()
    given += [f"--server.allowedHosts={name}" for name in known]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *given]


def refuse_used_port(what: str, host: str, port: int) -> None:
    """The own words of what would listen there name no remedy.

    Raises:
        PortInUseError: the port cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise PortInUseError(
                f"port {port} of {host} cannot be used ({error.strerror}); {what} may "
                "be running there already: open it, or choose another port with --port"
            ) from error
