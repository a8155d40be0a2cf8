"""What an installed copy knows about itself."""

import sys

from deploy import install, receipt

from core import installation
from core.carry import signature


def installed(opened, prefix, monkeypatch):
    """A version in its place, and this process as if it were that version's interpreter."""
    bundle = opened()
    install.put_in_store(prefix, bundle)
    install.build_version(prefix, bundle.manifest)
    folder = prefix.version_folder("0.1.0")
    monkeypatch.setattr(sys, "prefix", str(folder / "python"))
    return bundle, folder


def test_a_checkout_is_no_installation():
    assert installation.current() is None
    assert installation.signer() is None


def test_a_copy_knows_its_version_signer_and_last_self_test(opened, prefix, monkeypatch):
    bundle, folder = installed(opened, prefix, monkeypatch)
    assert installation.signer() is None
    prefix.signer.write_bytes(bundle.signer)
    before = installation.current()
    assert (before.version, before.tested_at, before.is_test_passed) == ("0.1.0", None, False)
    assert before.signed_by == signature.fingerprint(bundle.signer)
    assert before.file_count > 3
    receipt.add_self_test(folder, {"at": "2026-01-02T03:04:05+00:00", "network": "empty namespace", "ok": True})
    after = installation.current()
    assert (after.tested_at, after.is_test_passed) == ("2026-01-02T03:04:05+00:00", True)
    assert after.test_network == "empty namespace"


def test_a_damaged_receipt_or_key_is_no_traceback(opened, prefix, monkeypatch):
    _, folder = installed(opened, prefix, monkeypatch)
    prefix.signer.write_text("no key")
    assert installation.current() is None
    prefix.signer.unlink()
    (folder / "receipt.json").write_text("{")
    assert installation.current() is None
