"""Intake: a mail is committed durably, many sessions in one commit, before anybody says 250."""

from gateway.intake.intake import Commits, Intake, IntakeUnavailable, StartCommits

__all__ = ["Commits", "Intake", "IntakeUnavailable", "StartCommits"]
