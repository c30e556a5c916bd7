"""Discord's error answers: HTTP status, JSON code and text (reference: "JSON Error Codes")."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Problem(Enum):
    """(HTTP status, JSON code, message) exactly as Discord words them."""

    ROUTE_NOT_FOUND = (404, 0, "404: Not Found")
    METHOD_NOT_ALLOWED = (405, 0, "405: Method Not Allowed")
    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    TOO_MANY_WEBHOOKS = (400, 30007, "Maximum number of webhooks reached (15)")
    TOO_LARGE = (413, 40005, "Request entity too large")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    NOT_THE_AUTHOR = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    BULK_COUNT = (
        400,
        50016,
        "Provided too few or too many messages to delete. "
        "Must provide at least 2 and fewer than 100 messages to delete",
    )
    WEBHOOK_TOKEN = (401, 50027, "Invalid Webhook Token")
    BULK_TOO_OLD = (400, 50034, "A message provided was too old to bulk delete")
    FORM = (400, 50035, "Invalid Form Body")
    BAD_JSON = (400, 50109, "The request body contains invalid JSON.")
    REPLY_WITHOUT_HISTORY = (400, 160002, "Cannot reply without permission to read message history")


class ApiError(Exception):
    """An answer other than success. `errors` is the tree of a form error."""

    def __init__(self, problem: Problem, errors: Mapping[str, object] | None = None) -> None:
        super().__init__(problem.value[2])
        self.problem = problem
        self.errors = errors

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.problem.value[0]

    @property
    def code(self) -> int:
        """Discord's JSON code."""
        return self.problem.value[1]

    def body(self) -> dict[str, object]:
        """The JSON answer."""
        answer: dict[str, object] = {"message": self.problem.value[2], "code": self.code}
        return answer | ({"errors": self.errors} if self.errors is not None else {})


def form_error(field: str, code: str, message: str) -> ApiError:
    """50035 about one field; dots in `field` descend ("attachments.0.id")."""
    tree: dict[str, object] = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(field.split(".")):
        tree = {part: tree}
    return ApiError(Problem.FORM, tree)
