"""Certificates that sign themselves, for nodes that speak https in tests, and what a browser needs to take one."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from served import ServedProcess

DAY = dt.timedelta(days=1)


def write_certificate(folder: Path, name: str = "venue") -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(
        subject, subject, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY
    )
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    unlocked = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked))
    return paths


def key_hash(certificate: Path) -> str:
    """The SHA-256 of a certificate's public key, in base64: how Chromium is told to take it."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


class SecureProcess(ServedProcess):
    """`wayfold serve --certificate` in a process of its own."""

    def __init__(self, folder: Path, pair: tuple[Path, Path], *arguments: str, port: int | None = None) -> None:
        certificate, key = pair
        words = ("--certificate", str(certificate), "--certificate-key", str(key))
        super().__init__(folder, *arguments, *words, port=port)
        self.url = f"https://127.0.0.1:{self.port}"
        self.trusted = ssl.create_default_context(cafile=str(certificate))
