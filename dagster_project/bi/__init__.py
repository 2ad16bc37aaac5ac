"""What readers see: the charts, their theme and the static report of a generation."""

from dagster_project.bi.quality import write_night_quality, write_quality
from dagster_project.bi.report import ReportError, write_report

__all__ = ["ReportError", "write_night_quality", "write_quality", "write_report"]
