"""The demo: invented people, files and conversations, made through the services in story order.

Only with `settings.DEMO`, which production refuses. Everything but passwords and secrets is the same each time.
"""
