"""Intake: a mail is committed durably, many sessions in one commit, before anybody says 250."""
