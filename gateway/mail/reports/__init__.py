"""Reports that mail systems send about our mail: delivery reports, read receipts, complaints."""

from gateway.mail.reports.reading import Reports, read_reports

__all__ = ["Reports", "read_reports"]
