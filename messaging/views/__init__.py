"""Pages of Meddelanden: URL name, view and template share their name."""

from messaging.views.conversation import close, news, thread
from messaging.views.lists import overview
from messaging.views.questions import tick, untick
from messaging.views.writing import new

__all__ = ["close", "new", "news", "overview", "thread", "tick", "untick"]
