"""B24: signing in behind a proxy, whatever spelling PUBLIC_URL has."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from project.env import BASE_DIR

pytestmark = pytest.mark.usefixtures("transactional_db")

# What a proxy passes on: plain http, the browser's Host and Origin, and that people came by https.
SCRIPT = """
import json, sys
import django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
from project.console.links import make_link
from project.core.operators import Role
from project.core.whitelist import add_operator

User.objects.create_superuser("ann", password="x")
host, origin, scheme = sys.argv[1:]
headers = {"host": host, "origin": origin, "x-forwarded-proto": scheme}
client = Client(enforce_csrf_checks=True, headers=headers)
page = client.get("/admin/login/")
token = client.cookies["csrftoken"].value
form = {"username": "ann", "password": "x", "csrfmiddlewaretoken": token, "next": "/relay/admin/"}
answer = client.post("/admin/login/", form)
index = client.get("/admin/")
owner = add_operator(actor="test", user_id=1, role=Role.OWNER)
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    links = [make_link(owner), pool.submit(make_link, owner).result()]
print(json.dumps({
    "page": page.status_code, "body": page.content.decode(), "answer": answer.status_code,
    "to": answer.headers["Location"],
    "index": index.status_code, "secure": bool(client.cookies["sessionid"]["secure"]),
    "path": client.cookies["sessionid"]["path"], "links": links,
    "absolute": page.wsgi_request.build_absolute_uri("/x"), "root": client.get("/").headers["Location"],
}))
"""


@pytest.mark.parametrize(
    ("public_url", "origin", "path"),
    [
        ("https://Relay.Example.org", "https://relay.example.org", ""),
        ("https://relay.example.org:443", "https://relay.example.org", ""),
        ("https://relay.example.org/", "https://relay.example.org", ""),
        ("https://ops.example.org/relay", "https://ops.example.org", "/relay"),
        ("https://ops.example.org:8443/relay/", "https://ops.example.org:8443", "/relay"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example", ""),
        ("http://localhost:8000", "http://localhost:8000", ""),
    ],
)
def test_b24_people_sign_in_whatever_the_spelling(public_url: str, origin: str, path: str) -> None:
    scheme, _, host = origin.partition("://")
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, host, origin, scheme],
        cwd=BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings", "PUBLIC_URL": public_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout.splitlines()[-1])
    assert (seen["page"], seen["answer"], seen["index"]) == (200, 302, 200)
    assert seen["to"].startswith("/")
    assert f'href="{path}/static/' in seen["body"]
    assert (seen["path"], seen["secure"]) == (f"{path}/", scheme == "https")
    assert seen["absolute"] == f"{origin}/x"
    assert seen["root"] == f"{path}/admin/"
    assert all(link.startswith(f"{origin}{path}/console/") for link in seen["links"])
