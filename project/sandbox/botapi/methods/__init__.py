"""The Bot API's methods, one module per concern. Importing this package registers them."""

from . import commands, content, editing, polling, sending

__all__ = ["commands", "content", "editing", "polling", "sending"]
