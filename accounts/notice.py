"""The privacy notice's version. Raise it when templates/accounts/_notice_text.html changes in substance: all are asked again."""

NOTICE_VERSION = 1
