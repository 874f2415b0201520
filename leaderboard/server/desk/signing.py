"""Values that a browser keeps for us: signed, with the moment of signing, good for a time."""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from leaderboard.core.clock import MICROSECONDS, Clock


class Signed:
    """Signs under a key and a purpose; what was signed for one purpose is good for no other."""

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
        """The value of a text signed within so many seconds. Raises ValueError.

        A moment that lies ahead as little is taken too: a clock that was put back must log nobody out.
        """
        try:
            value, signed = self._serializer.loads(text, return_timestamp=True)
        except BadSignature:
            raise ValueError("not signed here") from None
        if abs(self._clock() // MICROSECONDS - signed.timestamp()) > seconds:
            raise ValueError("signed too long ago")
        return value
