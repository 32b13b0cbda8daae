"""SKR's side of Meddelanden in the admin: threads, questions to many, ready texts; and the list of outgoing mail."""

from messaging.admin import announcements, known_issues, mail, templates, threads

__all__ = ["announcements", "known_issues", "mail", "templates", "threads"]
