"""What can be out of reach or refuse us, each in words that name the thing and the remedy."""

from urllib.parse import urlsplit

import redis

from cli.output import printable
from clients.errors import Misconfigured, Retryable, Verdict
from clients.salesforce.stream_errors import StreamError
from config.redaction import redact_text
from config.settings import Settings

TROUBLES = (redis.RedisError, Verdict, StreamError)

_SILENT = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"})
_STREAM_REMEDIES = {
    "topic.not.found": "check SF_PROVISION_EVENT_CHANNEL, and that the event is deployed in this org",
    "topic.meta.permission": "give the integration user access to the event",
    "schema.meta.permission": "give the integration user access to the event",
    "service.auth.error": "check that the integration user may use the API",
    "service.tenant.license": "this org has no licence for the Pub/Sub API: ask its administrator",
}


def explain(trouble: Exception, settings: Settings) -> str:
    """Return one line about a trouble, for the person who has to do something about it."""
    if isinstance(trouble, redis.RedisError):
        text = _about_redis(trouble, settings)
    elif isinstance(trouble, StreamError):
        text = _about_pubsub(trouble, settings)
    else:
        text = _about_salesforce(trouble, settings)
    return printable(redact_text(text))


def _about_salesforce(trouble: Exception, settings: Settings) -> str:
    if isinstance(trouble, Retryable) and not isinstance(trouble, Misconfigured):
        # Its own message says that it is tried again, which is true of a stage and not of a command.
        remedy = f"check SF_LOGIN_URL ({settings.sf_login_url}), or try again later"
        return f"Salesforce cannot answer now ({trouble.detail or trouble.code}): {remedy}."
    return f"{trouble.message if isinstance(trouble, Verdict) else trouble}."


def _about_redis(trouble: redis.RedisError, settings: Settings) -> str:
    url = urlsplit(settings.redis_url.get_secret_value())
    where = f"Redis at {url.hostname or url.path}" + (f":{url.port}" if url.port else "")
    if isinstance(trouble, redis.AuthenticationError):
        return f"{where} refuses us: check user and password in REDIS_URL."
    if "CERTIFICATE_VERIFY_FAILED" in str(trouble):
        remedy = "if it is self-signed, as Heroku's are, set REDIS_TLS_INSECURE=true"
        return f"{where} shows a certificate that cannot be verified: {remedy}."
    if isinstance(trouble, redis.ConnectionError | redis.TimeoutError):
        return f"{where} does not answer: check REDIS_URL ({url.scheme}://), and that the server runs."
    return f"{where} refuses: {trouble}."


def _about_pubsub(trouble: StreamError, settings: Settings) -> str:
    where = f"The Pub/Sub API at {settings.sf_pubsub_endpoint}"
    if trouble.status in _SILENT and not trouble.error_code:
        return f"{where} does not answer: check SF_PUBSUB_ENDPOINT and SF_PUBSUB_TLS, or try again later."
    remedy = _STREAM_REMEDIES.get(trouble.error_code, trouble.details or "try again later")
    return f"{where} refuses ({trouble.error_code or trouble.status}): {remedy}."
