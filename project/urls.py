"""Addresses of the web process."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from project.console.views import sign_in
from project.health import healthz, readyz

admin.autodiscover()

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("console/<str:token>", sign_in, name="console-sign-in"),
    path("healthz", healthz),
    path("readyz", readyz),
]
