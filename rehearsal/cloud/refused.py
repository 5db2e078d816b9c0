"""What Google answers when it refuses: a status, and an error in one form for all APIs."""

from typing import Any

STATUS = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
"""HTTP status → `google.rpc.Code`: https://cloud.google.com/apis/design/errors."""
REASON = {
    400: "invalid",
    403: "forbidden",
    404: "notFound",
    409: "alreadyExists",
    429: "rateLimitExceeded",
    503: "backendError",
}
"""HTTP status → the word of the older APIs (compute, sqladmin, storage, dns)."""


class Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, code: int, message: str, *, status: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUS.get(code, "UNKNOWN")
        self.reason = reason or REASON.get(code, "backendError")

    def body(self) -> dict[str, Any]:
        """The answer, in the form that both kinds of client read."""
        one = {"message": self.message, "domain": "global", "reason": self.reason}
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "status": self.status,
                "errors": [one],
            }
        }
