"""Puts our admin site in the place of Django's."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """`django.contrib.admin`, with another default site."""

    default_site = "project.console.site.ConsoleSite"
