"""A real RSA key and an environment in which nothing is missing."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def rsa_pem(rsa_key: rsa.RSAPrivateKey) -> str:
    """Return the key as Settings hand it out: PKCS #8 PEM."""
    return rsa_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def complete(rsa_pem: str) -> dict[str, str]:
    """Return the smallest environment that is right."""
    return {
        "SF_CLIENT_ID": "3MVG9-consumer-key",
        "SF_USERNAME": "robot@example.com",
        "SF_PRIVATE_KEY": rsa_pem,
        "WHMCS_API_URL": "https://billing.example.com/includes/api.php",
        "WHMCS_API_IDENTIFIER": "identifier-of-32-characters",
        "WHMCS_API_SECRET": "secret-of-32-characters",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
    }
