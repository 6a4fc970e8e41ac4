"""Check sign-in (a): a hash over service address, user, time and secret.

Timestamp:     epoch, milliseconds or seconds
Authorization: Basic base64(username ":" hash)
               hash = lower-case hex of SHA-256(serviceUrl + username + timestamp + secretKey)
"""

import base64
import binascii
import hashlib
import hmac

from mocks.population.settings import PopulationMockSettings

_MILLISECONDS_FROM = 100_000_000_000


def sign_in_hash(service_url: str, username: str, timestamp: str, secret_key: str) -> str:
    """The hash of the header; plain SHA-256, neither keyed nor over the body."""
    text = f"{service_url}{username}{timestamp}{secret_key}"
    return hashlib.sha256(text.encode()).hexdigest()


def sign_in_headers(settings: PopulationMockSettings, timestamp: str) -> dict[str, str]:
    """What a client of this account sends at that time."""
    hashed = sign_in_hash(settings.service_url, settings.username, timestamp, settings.secret_key)
    token = base64.b64encode(f"{settings.username}:{hashed}".encode()).decode()
    return {"Timestamp": timestamp, "Authorization": f"Basic {token}", "SOAPAction": '""'}


def refusal(settings: PopulationMockSettings, timestamp: str, authorization: str) -> str | None:
    """None when the caller is signed in, else what is wrong: a fixed word."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 13):
        return "timestamp_missing"
    seconds = int(timestamp)
    if seconds >= _MILLISECONDS_FROM:
        seconds //= 1000
    if abs(settings.clock() - seconds) > settings.clock_tolerance_seconds:
        return "timestamp_stale"
    scheme, _, token = authorization.partition(" ")
    if scheme != "Basic":
        return "authorization_missing"
    try:
        sent = base64.b64decode(token, validate=True)
    except binascii.Error:
        return "authorization_malformed"
    expected = sign_in_hash(settings.service_url, settings.username, timestamp, settings.secret_key)
    if not hmac.compare_digest(sent, f"{settings.username}:{expected}".encode()):
        return "hash_wrong"
    return None
