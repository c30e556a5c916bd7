"""Puts our admin site in the place of Django's."""

from __future__ import annotations

from django.contrib.admin.apps import SimpleAdminConfig


class ConsoleConfig(SimpleAdminConfig):
    """`django.contrib.admin`, with another default site; its pages are found with the addresses (project.urls), so only
    the web process pays for them."""

    default_site = "project.console.site.ConsoleSite"
