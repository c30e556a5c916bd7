"""Where a sign-in link leads."""

from __future__ import annotations

from django.contrib.admin import site
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from project.console.backend import BACKEND, user_of
from project.console.links import look_at_link, use_link
from project.core.operators import OperatorView
from project.core.secret import Secret

_STAY = 12 * 3600  # seconds until they need another link
_GONE = 410


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Asks first: programs that preview links open them, too, and must not use them up."""
    link = Secret(token)
    if request.method != "POST":
        operator = look_at_link(link)
        status = 200 if operator else _GONE
        return _page(request, operator, status)
    operator = use_link(link)
    if operator is None:
        return _page(request, None, _GONE)
    login(request, user_of(operator), backend=BACKEND)
    request.session.set_expiry(_STAY)
    return redirect("admin:index")


def _page(request: HttpRequest, operator: OperatorView | None, status: int) -> HttpResponse:
    return render(request, "console/sign_in.html", {**site.each_context(request), "operator": operator}, status=status)
