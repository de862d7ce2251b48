"""What is out of reach or refuses us, in words: the thing, the remedy, and no secret."""

import pytest
import redis

from cli.troubles import explain
from clients.errors import ErrorCode, Misconfigured, Permanent, Retryable
from clients.salesforce.stream_errors import StreamError
from config.settings import Settings, load
from sandbox.server import Sandbox


@pytest.fixture(scope="module")
def settings() -> Settings:
    env = {name: value.replace("127.0.0.1:0", "127.0.0.1:9000") for name, value in Sandbox().env.items()}
    return load(env | {"REDIS_URL": "rediss://someone:hidden@redis.example.com:6380/0"})


REDIS = "Redis at redis.example.com:6380"
PUBSUB = "The Pub/Sub API at 127.0.0.1:9000"


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (redis.ConnectionError("Error 111 connecting"), "does not answer: check REDIS_URL (rediss://), and that"),
        (redis.TimeoutError("Timeout connecting to server"), "does not answer: check REDIS_URL (rediss://), and that"),
        (redis.ConnectionError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "shows a certificate that cannot be verified: if"),
        (redis.AuthenticationError("WRONGPASS for hidden"), "refuses us: check user and password in REDIS_URL."),
        (redis.ResponseError("OOM command not allowed"), "refuses: OOM command not allowed."),
    ],
)
def test_each_trouble_with_redis_names_the_server_and_the_setting(
    settings: Settings, trouble: Exception, told: str
) -> None:
    assert explain(trouble, settings).startswith(f"{REDIS} {told}")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (
            Retryable(ErrorCode.SALESFORCE_UNAVAILABLE, "it is tried again", detail="ConnectError"),
            "Salesforce cannot answer now (ConnectError): check SF_LOGIN_URL (http://127.0.0.1:9000), or try again ",
        ),
        (Misconfigured(ErrorCode.SALESFORCE_UNAVAILABLE, "Mend the user"), "Mend the user."),
        (Permanent(ErrorCode.ORDER_NOT_FOUND, "No such order"), "No such order."),
        (
            StreamError(status="UNAVAILABLE", details="failed to connect"),
            f"{PUBSUB} does not answer: check SF_PUBSUB_ENDPOINT and SF_PUBSUB_TLS, or try again later.",
        ),
        (
            StreamError(status="PERMISSION_DENIED", error_code="topic.meta.permission"),
            f"{PUBSUB} refuses (topic.meta.permission): give the integration user access to the event.",
        ),
        (StreamError(status="UNKNOWN", details="a new\nmood"), f"{PUBSUB} refuses (UNKNOWN): a new mood."),
    ],
)
def test_each_trouble_with_salesforce_says_what_to_do(settings: Settings, trouble: Exception, told: str) -> None:
    assert explain(trouble, settings).startswith(told)
