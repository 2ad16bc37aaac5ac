"""Pictures of a published report, as the README shows them.

`python -m tests.bi.pictures [DATA]` takes them of `DATA/published/current`.
"""

import base64
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dagster_project.paths import Paths
from dagster_project.settings import Settings
from tests.bi.browser import Browser, opened

FOLDER = Path(__file__).parent / "pictures"
READY = """
    document.readyState === 'complete' && document.querySelectorAll('.chart svg').length
        === document.querySelectorAll('.chart').length
"""


@dataclass(frozen=True)
class Picture:
    """From which heading on, how large, and in which scheme."""

    heading: str
    width: int
    height: int
    scheme: str = "light"


PICTURES = {
    "answers": Picture("answers", 1120, 800),
    "conversions": Picture("conversions", 1120, 590, "dark"),
    "phone": Picture("funnel", 390, 760),
}


def take(browser: Browser, report: Path, picture: Picture) -> bytes:
    """The part of the report that a picture shows, as PNG."""
    size = {"width": picture.width, "height": picture.height}
    browser.call(
        "Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False
    )
    browser.call("Emulation.setScrollbarsHidden", hidden=True)
    scheme = {"name": "prefers-color-scheme", "value": picture.scheme}
    browser.call("Emulation.setEmulatedMedia", features=[scheme])
    browser.open(report.as_uri())
    browser.wait(READY)
    heading = f"document.getElementById('h-{picture.heading}')"
    top = browser.ask(f"{heading}.getBoundingClientRect().top + scrollY - 20")
    clip = {"x": 0, "y": top, **size, "scale": 1}
    shot = browser.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
    return small(base64.b64decode(shot["data"]))


def small(png: bytes) -> bytes:
    """A picture of few colours, as a page is, in a third of the bytes."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(96).save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> None:
    settings = {"FUNNELHOUSE_DATA": sys.argv[1]} if sys.argv[1:] else {}
    paths = Paths.of(Settings.from_environment(settings))
    report = paths.current.resolve() / "report" / "index.html"
    if not report.is_file():
        sys.exit(f"{report}: no such file; run `funnelhouse run` first")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile"
        profile.mkdir()
        with opened(profile) as browser:
            for name, picture in PICTURES.items():
                file = FOLDER / f"{name}.png"
                file.write_bytes(take(browser, report, picture))
                print(f"{file}: {file.stat().st_size // 1000} KB")  # noqa: T201


if __name__ == "__main__":
    main()
