"""SKR's side of Meddelanden in the admin: threads, questions to many, ready texts; and the list of outgoing mail."""

from messaging.admin import announcements, mail, templates, threads

__all__ = ["announcements", "mail", "templates", "threads"]
