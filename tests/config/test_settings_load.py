"""What the environment must hold, and what people are told when it does not."""

import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import Settings, SettingsError, load

CONTRACT_DEFAULTS = {
    "sf_events_enabled": True,
    "sf_provision_event_channel": "/event/OrderProvisionRequested__e",
    "sf_pubsub_endpoint": "api.pubsub.salesforce.com:7443",
    "sf_pubsub_tls": True,
    "sf_pubsub_ca_file": None,
    "sf_pubsub_subscription": None,
    "sf_replay_preset": "EARLIEST",
    "sf_login_url": "https://login.salesforce.com",
    "sf_jwt_audience": "https://login.salesforce.com",
    "sf_api_version": "67.0",
    "sf_timeout_s": 20,
    "whmcs_access_key": None,
    "whmcs_payment_method": None,
    "whmcs_time_limit_s": 120,
    "whmcs_no_email": False,
    "whmcs_no_invoice": False,
    "price_override": False,
    "payment_free_gateways": frozenset(),
    "order_marker": "notes",
    "redis_tls_url": None,
    "redis_tls_insecure": False,
    "give_up_after_s": 86_400,
    "retry_min_s": 1,
    "retry_max_s": 300,
    "sweep_grace_s": 300,
    "clock_skew_s": 5,
    "keep_finished_days": 30,
    "log_level": "INFO",
    "log_format": None,
    "port": 8000,
}
REQUIRED = (
    "SF_CLIENT_ID",
    "SF_USERNAME",
    "SF_PRIVATE_KEY or SF_PRIVATE_KEY_FILE",
    "WHMCS_API_URL",
    "WHMCS_API_IDENTIFIER",
    "WHMCS_API_SECRET",
    "REDIS_URL",
)
LEAK = "L3akThis"
MALFORMED = [
    ("SF_EVENTS_ENABLED", f"perhaps-{LEAK}"),
    ("SF_PROVISION_EVENT_CHANNEL", f"OrderProvisionRequested__e {LEAK}"),
    ("SF_PUBSUB_ENDPOINT", f"https://{LEAK}:7443"),
    ("SF_PUBSUB_ENDPOINT", f"{LEAK}:70000"),
    ("SF_PUBSUB_TLS", f"{LEAK}"),
    ("SF_PUBSUB_CA_FILE", f"/nowhere/{LEAK}.pem"),
    ("SF_PUBSUB_CA_FILE", f"{LEAK}\0"),
    ("SF_PUBSUB_SUBSCRIPTION", f"{LEAK} x"),
    ("SF_REPLAY_PRESET", LEAK),
    ("SF_LOGIN_URL", f"http://{LEAK}.example.com"),
    ("SF_LOGIN_URL", f"https://user:{LEAK}@login.salesforce.com"),
    ("SF_LOGIN_URL", f"https://{LEAK}[::1"),
    ("SF_LOGIN_URL", f"https://host:{LEAK}/"),
    ("SF_LOGIN_URL", f"https://login.salesforce.com/?password={LEAK}"),
    ("SF_LOGIN_URL", f"https://login.salesforce.com/ {LEAK}"),
    ("SF_LOGIN_URL", f"{LEAK}"),
    ("SF_LOGIN_URL", f"ftp://{LEAK}"),
    ("SF_LOGIN_URL", f"https://login.salesforce.com/#{LEAK}"),
    ("SF_LOGIN_URL", f"https://login.salesforce.com/\x7f{LEAK}"),
    ("SF_PUBSUB_ENDPOINT", f"{LEAK}:0"),
    ("SF_LOGIN_URL", f"https://{LEAK}\\x"),
    ("SF_JWT_AUDIENCE", LEAK),
    ("SF_CLIENT_ID", f"{LEAK}\n{LEAK}"),
    ("SF_USERNAME", f"{LEAK}\n{LEAK}"),
    ("SF_PRIVATE_KEY", LEAK),
    ("SF_PRIVATE_KEY", f"-----BEGIN PRIVATE KEY-----\n{LEAK}\n-----END PRIVATE KEY-----"),
    ("SF_API_VERSION", f"v67.0{LEAK}"),
    ("SF_TIMEOUT_S", LEAK),
    ("WHMCS_API_URL", f"https://user:{LEAK}@billing.example.com/includes/api.php"),
    ("WHMCS_API_URL", f"https://billing.example.com/{LEAK}"),
    ("WHMCS_API_IDENTIFIER", f"{LEAK}\n{LEAK}"),
    ("WHMCS_API_SECRET", f"{LEAK}\r\n{LEAK}"),
    ("WHMCS_ACCESS_KEY", f"{LEAK}\t{LEAK}"),
    ("WHMCS_PAYMENT_METHOD", f"Pay {LEAK}"),
    ("PAYMENT_FREE_GATEWAYS", f"{LEAK}\n{LEAK}"),
    ("WHMCS_TIME_LIMIT_S", "nan"),
    ("WHMCS_NO_EMAIL", LEAK),
    ("WHMCS_NO_INVOICE", LEAK),
    ("PRICE_OVERRIDE", LEAK),
    ("ORDER_MARKER", f"customfield: {LEAK}"[:12]),
    ("ORDER_MARKER", f"customfield:|{LEAK}"),
    ("ORDER_MARKER", LEAK),
    ("REDIS_URL", f"http://:{LEAK}@127.0.0.1"),
    ("REDIS_URL", f"redis://:{LEAK}@:6379"),
    ("REDIS_URL", f"redis://:{LEAK}@host:port/0"),
    ("REDIS_URL", f"unix://:{LEAK}@"),
    ("REDIS_TLS_URL", f"rediss://:{LEAK}@ho st:6379/0"),
    ("REDIS_TLS_INSECURE", LEAK),
    ("GIVE_UP_AFTER_S", "0"),
    ("RETRY_MIN_S", "-1"),
    ("RETRY_MAX_S", "inf"),
    ("SWEEP_GRACE_S", "0"),
    ("CLOCK_SKEW_S", "301"),
    ("KEEP_FINISHED_DAYS", "1.5"),
    ("KEEP_FINISHED_DAYS", "0"),
    ("LOG_LEVEL", LEAK),
    ("LOG_FORMAT", LEAK),
    ("PORT", "65536"),
    ("PORT", LEAK),
]


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    assert LEAK not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def test_the_smallest_environment_gets_the_defaults_of_the_contract(complete: dict[str, str]) -> None:
    settings = load(complete)
    assert {name: getattr(settings, name) for name in CONTRACT_DEFAULTS} == CONTRACT_DEFAULTS
    assert {name.upper() for name in CONTRACT_DEFAULTS} | set(complete) | {"SF_PRIVATE_KEY_FILE"} == {
        name.upper() for name in Settings.model_fields
    }


def test_nothing_given_makes_one_message_that_names_everything_required_and_only_that() -> None:
    lines = refusal({}).splitlines()
    assert lines[0] == "7 settings are missing or wrong:"
    assert sorted(line.strip().partition(" is missing; set it: ")[0] for line in lines[1:-1]) == sorted(REQUIRED)
    assert "make run" in lines[-1]


def test_one_message_lists_what_is_missing_together_with_what_is_wrong(complete: dict[str, str]) -> None:
    del complete["SF_CLIENT_ID"]
    text = refusal(complete | {"PORT": "x", "WHMCS_API_URL": "https://example.com", "LOG_LEVEL": "LOUD"})
    assert text.startswith("4 settings are")
    assert all(
        name in text for name in ("SF_CLIENT_ID is missing", "PORT is not", "WHMCS_API_URL does not", "LOG_LEVEL")
    )


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_a_malformed_setting_is_named_with_a_remedy_and_without_its_value(
    name: str, value: str, complete: dict[str, str]
) -> None:
    text = refusal(complete | {name: value})
    lines = text.splitlines()
    assert lines[0] == "1 setting is missing or wrong:", text
    assert len(lines) == 3
    assert lines[1].startswith(f"  {name} ")
    assert ";" in lines[1]


def test_every_setting_has_a_malformed_case_here() -> None:
    assert {name for name, _ in MALFORMED} == {name.upper() for name in Settings.model_fields} - {"SF_PRIVATE_KEY_FILE"}


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_setting_counts_as_unset(empty: str, complete: dict[str, str]) -> None:
    every = {name.upper(): empty for name in Settings.model_fields}
    assert load(every | complete) == load(complete)
    assert "SF_USERNAME is missing" in refusal(complete | {"SF_USERNAME": empty})


def test_blanks_around_a_value_are_dropped(complete: dict[str, str]) -> None:
    settings = load(complete | {"WHMCS_API_SECRET": " s3cret\n", "PORT": " 80 "})
    assert (settings.whmcs_api_secret.get_secret_value(), settings.port) == ("s3cret", 80)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("1", True),
        ("YES", True),
        ("on", True),
        ("False", False),
        ("0", False),
        ("no", False),
        ("off", False),
    ],
)
def test_switches_are_read_in_every_usual_spelling(text: str, value: bool, complete: dict[str, str]) -> None:  # noqa: FBT001 - a table's column
    assert load(complete | {"SF_EVENTS_ENABLED": text}).sf_events_enabled is value


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "[::1]"])
def test_plain_http_and_plaintext_grpc_are_accepted_for_this_machine(host: str, complete: dict[str, str]) -> None:
    here = {
        "SF_LOGIN_URL": f"http://{host}:8080/",
        "WHMCS_API_URL": f"http://{host}/includes/api.php",
        "SF_PUBSUB_ENDPOINT": f"{host}:7443",
        "SF_PUBSUB_TLS": "false",
    }
    settings = load(complete | here)
    assert settings.sf_login_url == f"http://{host}:8080"
    assert settings.sf_pubsub_tls is False


@pytest.mark.parametrize(
    "host",
    ["example.com", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com", "0.0.0.0", "[::2]", "128.0.0.1"],  # noqa: S104 - a host to refuse
)
def test_plain_http_and_plaintext_grpc_are_refused_for_any_other_host(host: str, complete: dict[str, str]) -> None:
    there = {"SF_LOGIN_URL": f"http://{host}", "SF_PUBSUB_ENDPOINT": f"{host}:7443", "SF_PUBSUB_TLS": "false"}
    text = refusal(complete | there)
    assert "SF_LOGIN_URL is plain http; use https://" in text
    assert "SF_PUBSUB_TLS is false, but SF_PUBSUB_ENDPOINT is not on this machine" in text


def test_a_malformed_endpoint_is_told_once_whatever_tls_says(complete: dict[str, str]) -> None:
    text = refusal(complete | {"SF_PUBSUB_ENDPOINT": "nowhere", "SF_PUBSUB_TLS": "false"})
    assert "SF_PUBSUB_TLS" not in text


@pytest.mark.parametrize(
    ("login_url", "audience"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_the_audience_follows_the_login_url(login_url: str, audience: str, complete: dict[str, str]) -> None:
    assert load(complete | {"SF_LOGIN_URL": login_url}).sf_jwt_audience == audience


def test_an_audience_that_is_given_wins(complete: dict[str, str]) -> None:
    given = {"SF_LOGIN_URL": "https://test.salesforce.com", "SF_JWT_AUDIENCE": "https://acme.my.site.com"}
    assert load(complete | given).sf_jwt_audience == "https://acme.my.site.com"


def test_the_tls_url_of_redis_wins_and_the_other_one_is_not_looked_at(complete: dict[str, str]) -> None:
    given = {"REDIS_URL": "nonsense", "REDIS_TLS_URL": "rediss://:pw@redis.example.com:6380"}
    assert load(complete | given).redis_url_for_client == "rediss://:pw@redis.example.com:6380"


@pytest.mark.parametrize("url", ["redis://h:1/2", "rediss://u:p@h", "unix:///run/redis.sock", "redis://[::1]:6379"])
def test_redis_urls_reach_the_client_as_they_are(url: str, complete: dict[str, str]) -> None:
    assert load(complete | {"REDIS_URL": url}).redis_url_for_client == url


@pytest.mark.parametrize(
    ("url", "reaches_client"),
    [
        ("rediss://:p%40w@h:1/0", "rediss://:p%40w@h:1/0?ssl_cert_reqs=none"),
        ("rediss://h?ssl_cert_reqs=required&db=1", "rediss://h?ssl_cert_reqs=none&db=1"),
        ("redis://h:1/0", "redis://h:1/0"),
    ],
)
def test_unverified_redis_certificates_are_accepted_only_when_told(
    url: str, reaches_client: str, complete: dict[str, str]
) -> None:
    assert load(complete | {"REDIS_URL": url, "REDIS_TLS_INSECURE": "true"}).redis_url_for_client == reaches_client
    assert load(complete | {"REDIS_URL": url}).redis_url_for_client == url


def test_words_numbers_and_markers_are_read(complete: dict[str, str]) -> None:
    settings = load(
        complete
        | {
            "SF_REPLAY_PRESET": "latest",
            "PAYMENT_FREE_GATEWAYS": "banktransfer, ,mailin,",
            "RETRY_MIN_S": "0.05",
            "RETRY_MAX_S": "0.05",
            "ORDER_MARKER": "customfield:Salesforce order|Your order",
            "LOG_FORMAT": "Console",
            "SF_PUBSUB_SUBSCRIPTION": "Provisioning",
            "WHMCS_PAYMENT_METHOD": "stripe",
            "WHMCS_ACCESS_KEY": "k!@#$%.()*[]-_",
        }
    )
    assert settings.sf_replay_preset == "LATEST"
    assert settings.payment_free_gateways == {"banktransfer", "mailin"}
    assert (settings.retry_min_s, settings.retry_max_s) == (0.05, 0.05)
    assert settings.order_marker == "customfield:Salesforce order|Your order"
    assert settings.log_format == "console"
    assert settings.whmcs_access_key is not None


def test_the_longest_wait_is_not_shorter_than_the_shortest(complete: dict[str, str]) -> None:
    assert "RETRY_MAX_S is less than RETRY_MIN_S" in refusal(complete | {"RETRY_MIN_S": "10", "RETRY_MAX_S": "9"})


def test_a_ca_file_must_hold_certificates(tmp_path: Path, complete: dict[str, str]) -> None:
    empty = tmp_path / "roots.pem"
    empty.write_text("none")
    assert "without PEM certificates" in refusal(complete | {"SF_PUBSUB_CA_FILE": str(empty)})


def test_a_ca_file_with_certificates_is_kept_as_a_path(complete: dict[str, str]) -> None:
    import certifi  # noqa: PLC0415 - only this test needs real roots

    assert load(complete | {"SF_PUBSUB_CA_FILE": certifi.where()}).sf_pubsub_ca_file == certifi.where()


def test_the_process_environment_is_read_when_none_is_given(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in (complete | {"PORT": "5001"}).items():
        monkeypatch.setenv(name, value)
    assert load().port == 5001


def test_the_process_environment_is_not_looked_at_when_another_is_given(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "5001")
    monkeypatch.setenv("port", "5002")
    assert load(complete).port == 8000


def test_settings_cannot_be_changed_and_show_no_secret(complete: dict[str, str]) -> None:
    settings = load(complete | {"REDIS_URL": f"redis://:{LEAK}@h"})
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]
    shown = repr(settings) + str(settings)
    assert not any(secret in shown for secret in settings.secret_values)


def test_all_secrets_are_handed_to_the_logs(complete: dict[str, str], rsa_pem: str) -> None:
    given = {"WHMCS_ACCESS_KEY": "the-access-key", "REDIS_URL": "redis://:redis-password@h"}
    secrets = load(complete | given).secret_values
    expected = {"identifier-of-32-characters", "secret-of-32-characters", "the-access-key", rsa_pem, "redis-password"}
    assert set(secrets) == expected
    assert len(load(complete).secret_values) == 3
