"""Unencrypted traffic never leaves this machine."""

import pytest

from clients.salesforce.loopback import is_loopback, is_plain, safe_origin


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.9.10", "[::1]", "::1"])
def test_loopback_hosts_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "example.com", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com"])
def test_other_hosts_are_no_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_the_origin_of_a_safe_url_is_kept_without_its_path() -> None:
    assert safe_origin("https://org.my.salesforce.com/x?y") == "https://org.my.salesforce.com"
    assert safe_origin("http://127.0.0.1:8080/") == "http://127.0.0.1:8080"
    assert safe_origin("http://[::1]:8080") == "http://[::1]:8080"


@pytest.mark.parametrize(
    "url",
    ["http://example.com", "ftp://127.0.0.1", "127.0.0.1:80", "", "https://", "https://a@example.com", "http://[::1"],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"https|host|Invalid"):
        safe_origin(url)


def test_plain_means_without_encryption() -> None:
    assert is_plain("http://127.0.0.1:1")
    assert not is_plain("https://127.0.0.1:1")
