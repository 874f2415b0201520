"""Signed values that a browser stores for the server, valid for some time after the signing."""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from leaderboard.core.clock import MICROSECONDS, Clock


class Signed:
    """Signs values with a key for one purpose; the signature is not valid for another purpose."""

    def __init__(self, key: bytes, purpose: str, clock: Clock) -> None:
        class Signer(TimestampSigner):
            def get_timestamp(self) -> int:
                return clock() // MICROSECONDS

        self._clock = clock
        signing = {"digest_method": hashlib.sha256}
        self._serializer = URLSafeTimedSerializer(key, salt=purpose, signer=Signer, signer_kwargs=signing)

    def dumps(self, value: Any) -> str:
        """The signed text of a JSON value."""
        return self._serializer.dumps(value)

    def loads(self, text: str, seconds: int) -> Any:
        """The value of a text that was signed at most this many seconds ago. Raises ValueError.

        It may also be signed that far in the future: a clock that is set back must not log anyone out.
        """
        try:
            value, signed = self._serializer.loads(text, return_timestamp=True)
        except BadSignature:
            raise ValueError("not signed here") from None
        if abs(self._clock() // MICROSECONDS - signed.timestamp()) > seconds:
            raise ValueError("signed too long ago")
        return value
