"""The settings: one field per environment variable, named like it in lower case.

A field's description is what `provision settings`, `.env.example` and the README say about it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config import setting_rules as rules
from config.private_key import KeyFile, read_key, read_key_file

DAY_S = 86_400.0
_TEST_LOGIN = "https://test.salesforce.com"
_LIVE_LOGIN = "https://login.salesforce.com"

Line = Annotated[str, BeforeValidator(rules.line)]
Secret = Annotated[SecretStr, BeforeValidator(rules.secret)]
Switch = Annotated[bool, BeforeValidator(rules.switch)]
HttpUrl = Annotated[str, BeforeValidator(rules.http_url)]
RedisUrl = Annotated[SecretStr, BeforeValidator(rules.redis_url)]
Gateway = Annotated[
    str, BeforeValidator(rules.pattern(r"\w+", "write the gateway's module name: letters, digits and underscores"))
]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


def default_audience(login_url: str) -> str:
    """Return the `aud` claim that goes with a login URL; one that is no URL gets the common one."""
    try:
        host = urlsplit(login_url).hostname or ""
    except ValueError:
        host = ""
    if rules.is_loopback(host):
        return login_url
    sandbox = host == "test.salesforce.com" or host.endswith(".sandbox.my.salesforce.com")
    return _TEST_LOGIN if sandbox else _LIVE_LOGIN


def _audience(validated: Mapping[str, Any]) -> str:
    return default_audience(validated["sf_login_url"])


class Settings(BaseSettings):
    """Everything that can be set from outside, checked. Make it with `config.settings.load`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=False)

    sf_events_enabled: Switch = Field(
        default=True, description="false: the subscriber stays up, idle, and says so; nothing is consumed"
    )
    sf_provision_event_channel: Annotated[
        str, BeforeValidator(rules.pattern(r"/event/\w+", "write for instance /event/OrderProvisionRequested__e"))
    ] = Field(default="/event/OrderProvisionRequested__e", description="Pub/Sub topic of the event")
    sf_pubsub_endpoint: Annotated[str, BeforeValidator(rules.endpoint)] = Field(
        default="api.pubsub.salesforce.com:7443", description="host:port of the Pub/Sub API"
    )
    sf_pubsub_tls: Switch = Field(
        default=True, description="false: plaintext gRPC, accepted only for an endpoint on this machine"
    )
    sf_pubsub_ca_file: Annotated[str, BeforeValidator(rules.ca_file)] | None = Field(
        default=None, description="file with further PEM root certificates, for a private endpoint"
    )
    sf_pubsub_subscription: (
        Annotated[str, BeforeValidator(rules.pattern(r"\w+", "write the subscription's developer name"))] | None
    ) = Field(
        default=None,
        description="developer name of a managed event subscription: Salesforce keeps the position; unset: Redis does",
    )
    sf_replay_preset: Annotated[Literal["EARLIEST", "LATEST"], BeforeValidator(rules.choice("EARLIEST", "LATEST"))] = (
        Field(
            default="EARLIEST",
            description="where to start with no stored position, or with one that Salesforce refuses",
        )
    )
    sf_login_url: HttpUrl = Field(
        default=_LIVE_LOGIN, description="where the token is asked for; https://test.salesforce.com for a sandbox org"
    )
    sf_jwt_audience: HttpUrl = Field(
        default_factory=_audience,
        description="aud claim of the login; unset: https://login.salesforce.com, or https://test.salesforce.com for a "
        "sandbox org, or SF_LOGIN_URL for a host on this machine",
    )
    sf_client_id: Line = Field(description="consumer key of the connected app (iss claim of the login)")
    sf_username: Line = Field(description="user name of the integration user (sub claim of the login)")
    sf_private_key: Annotated[SecretStr, BeforeValidator(read_key)] | None = Field(
        default=None,
        description="RSA key of the connected app: PEM text (\\n for line breaks allowed) or base64 of it; "
        "this or SF_PRIVATE_KEY_FILE is required",
    )
    sf_private_key_file: Annotated[KeyFile, BeforeValidator(read_key_file)] | None = Field(
        default=None, description="path of a file with that key; this or SF_PRIVATE_KEY is required"
    )
    sf_api_version: Annotated[str, BeforeValidator(rules.pattern(r"[1-9][0-9]{1,2}\.0", "write for instance 67.0"))] = (
        Field(default="67.0", description="version of the Salesforce REST API")
    )
    sf_timeout_s: Annotated[float, BeforeValidator(rules.seconds(0.05, 120, usual=20))] = Field(
        default=20.0, description="how long one answer of Salesforce is waited for, in seconds"
    )
    whmcs_api_url: Annotated[str, BeforeValidator(rules.whmcs_api_url)] = Field(
        description="full URL of WHMCS's includes/api.php, for instance https://billing.example.com/includes/api.php"
    )
    whmcs_api_identifier: Secret = Field(description="identifier of the WHMCS API credentials")
    whmcs_api_secret: Secret = Field(description="secret of the WHMCS API credentials")
    whmcs_access_key: Secret | None = Field(default=None, description="WHMCS API access key, sent when set")
    whmcs_payment_method: Gateway | None = Field(
        default=None, description="gateway module name for orders whose client's pay method does not name one"
    )
    payment_free_gateways: Annotated[frozenset[str], BeforeValidator(rules.words)] = Field(
        default=frozenset(), description="gateways for which no stored pay method is needed, with commas between them"
    )
    whmcs_time_limit_s: Annotated[float, BeforeValidator(rules.seconds(0.05, 3600, usual=120))] = Field(
        default=120.0, description="how long a WHMCS request may go on running after its answer was lost, in seconds"
    )
    whmcs_no_email: Switch = Field(default=False, description="true: WHMCS sends no order confirmation mail")
    whmcs_no_invoice: Switch = Field(default=False, description="true: WHMCS makes no invoice for an order")
    price_override: Switch = Field(
        default=False, description="false: WHMCS's prices count; true: Salesforce's UnitPrice is sent"
    )
    order_marker: Annotated[str, BeforeValidator(rules.order_marker)] = Field(
        default="notes", description="where a WHMCS order carries its Salesforce id: notes or customfield:<name>"
    )
    redis_url: RedisUrl = Field(description="Redis or Valkey: redis://, rediss:// (TLS) or unix://")
    redis_tls_url: RedisUrl | None = Field(default=None, description="wins over REDIS_URL when set")
    redis_tls_insecure: Switch = Field(
        default=False,
        description="true: accept Redis certificates that cannot be verified, as self-signed ones (Heroku)",
    )
    give_up_after_s: Annotated[float, BeforeValidator(rules.seconds(0.05, 30 * DAY_S, usual=DAY_S))] = Field(
        default=DAY_S, description="an order whose trouble does not pass is given up after this many seconds"
    )
    retry_min_s: Annotated[float, BeforeValidator(rules.seconds(0.001, 3600, usual=1))] = Field(
        default=1.0, description="shortest wait before a stage is tried again, in seconds"
    )
    retry_max_s: Annotated[float, BeforeValidator(rules.seconds(0.001, DAY_S, usual=300))] = Field(
        default=300.0, description="longest wait before a stage is tried again, in seconds"
    )
    sweep_grace_s: Annotated[float, BeforeValidator(rules.seconds(0.05, DAY_S, usual=300))] = Field(
        default=300.0,
        description="an order that Salesforce shows as requested or activating is looked after when it has not changed "
        "for this many seconds and nobody works on it",
    )
    clock_skew_s: Annotated[float, BeforeValidator(rules.seconds(0, 300, usual=5))] = Field(
        default=5.0, description="how far the clocks of Salesforce and Redis may differ, in seconds"
    )
    keep_finished_days: Annotated[int, BeforeValidator(rules.whole(1, 3650))] = Field(
        default=30, description="how long the history of finished orders is kept, in days"
    )
    log_level: Annotated[Level, BeforeValidator(rules.choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))] = Field(
        default="INFO", description="least level that is logged: DEBUG, INFO, WARNING, ERROR or CRITICAL"
    )
    log_format: Annotated[Literal["json", "console"], BeforeValidator(rules.choice("json", "console"))] | None = Field(
        default=None, description="json or console; unset: console on a terminal, json elsewhere"
    )
    port: Annotated[int, BeforeValidator(rules.whole(1, 65535))] = Field(
        default=8000, description="port of the web process"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes it by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load` only, which is handed the environment: nothing else is looked at behind its back."""
        return (init_settings,)

    @field_validator("sf_pubsub_tls")
    @classmethod
    def _plaintext_stays_here(cls, tls: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic calls it
        endpoint = info.data.get("sf_pubsub_endpoint")
        if not tls and endpoint and not rules.is_loopback(rules.endpoint_host(endpoint)):
            raise ValueError("is false, but SF_PUBSUB_ENDPOINT is not on this machine; set it to true")
        return tls

    @field_validator("retry_max_s")
    @classmethod
    def _longest_is_not_shorter(cls, longest_s: float, info: ValidationInfo) -> float:
        if longest_s < info.data.get("retry_min_s", 0):
            raise ValueError("is less than RETRY_MIN_S; raise it, or lower RETRY_MIN_S")
        return longest_s

    @property
    def private_key_pem(self) -> SecretStr:
        """Return the RSA key as PKCS #8 PEM, from wherever it was given."""
        key = self.sf_private_key or (self.sf_private_key_file and self.sf_private_key_file.pem)
        if not key:
            raise ValueError("Settings without a private key: they were not made by config.settings.load.")
        return key

    @property
    def redis_url_for_client(self) -> str:
        """Return the Redis URL, with the check of certificates off when REDIS_TLS_INSECURE says so.

        In the URL, because Dramatiq ignores options that stand beside it.
        """
        url = urlsplit(self.redis_url.get_secret_value())
        if not (self.redis_tls_insecure and url.scheme == "rediss"):
            return self.redis_url.get_secret_value()
        query = dict(parse_qsl(url.query, keep_blank_values=True)) | {"ssl_cert_reqs": "none"}
        return urlunsplit(url._replace(query=urlencode(query)))

    @property
    def secret_values(self) -> tuple[str, ...]:
        """Return every secret, so that logging can mask them wherever they appear."""
        password = urlsplit(self.redis_url.get_secret_value()).password
        held = (self.whmcs_api_identifier, self.whmcs_api_secret, self.whmcs_access_key, self.private_key_pem)
        return tuple(secret.get_secret_value() for secret in held if secret) + ((password,) if password else ())
