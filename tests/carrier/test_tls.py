"""Who may hear what we send: the carrier, and nobody who cannot prove to be it."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carrier import places
from carrier.client import Carrier
from carrier.connections import checking_context
from carrier.errors import NotSent
from tests.carrier.builders import settings_at


def test_a_server_with_a_certificate_of_its_own_making_is_sent_nothing(tmp_path: Path) -> None:
    """Who cannot prove to be the carrier hears no byte of the request, and so no credentials."""
    heard = []

    def shake_hands(sock: socket.socket) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self_made_certificate(tmp_path))
        with sock, suppress(OSError), context.wrap_socket(sock, server_side=True) as secure:
            heard.append(secure.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=lambda: shake_hands(listener.accept()[0]), daemon=True)
        server.start()
        port = listener.getsockname()[1]
        settings = replace(
            settings_at("http://127.0.0.1:9"), v2_base=f"https://localhost:{port}/api/v2/"
        )
        with pytest.raises(NotSent):
            places.list_sites(Carrier(settings))
        server.join(timeout=5)
    assert heard == []
    context = checking_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def self_made_certificate(folder: Path) -> Path:
    """A certificate for localhost with its key, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "self-made.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
