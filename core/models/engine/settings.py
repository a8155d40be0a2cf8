"""Engine settings from the workspace's `engine.toml`: when the engine is unloaded, and which other hosts may answer.

    idle_minutes = 10                          # without a question before the engine is unloaded

    [hosts.site-70b]                           # the name users choose it by
    address = "https://models.site:8000/v1"    # a server that speaks the OpenAI protocol: vLLM, llama-server
    model = "Llama-3.3-70B-Instruct"           # the server's name for the model
    key = "…"                                  # sent with every request; omit it if none is required
    certificate = "/etc/ssl/site-ca.pem"       # of the CA that signed the server's; default: the system's CAs

Administrators edit the file by hand: neither the dashboard nor the command line writes it.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from core.errors import InputError
from core.models import registry
from core.offline import is_confidential, port_of
from core.settings import Settings
from core.settings_file import read_settings_file, unfit

FILE_NAME = "engine.toml"


class Host(Settings):
    """A language model server that an administrator has allowed."""

    address: str  # base URL, such as https://models.site:8000/v1
    model: str = Field(min_length=1)  # the server's name for it
    key: str = ""
    certificate: str = ""  # CA certificate file; "" for the system's CAs

    @field_validator("address")
    @classmethod
    def _is_safe(cls, address: str) -> str:
        """Reject addresses over which traffic could be intercepted, and strip the trailing slash."""
        parts = urlsplit(address)
        if not parts.hostname or not is_confidential(parts) or parts.username or parts.query or parts.fragment:
            raise ValueError("an https address is needed; only within this machine may it be http")
        return address.rstrip("/")

    @property
    def machine(self) -> str:
        """Host name or IP address."""
        return urlsplit(self.address).hostname or ""

    @property
    def port(self) -> int:
        """TCP port."""
        return port_of(urlsplit(self.address))


class EngineSettings(Settings):
    """The contents of the file; the defaults apply if there is none."""

    idle_minutes: float = Field(default=10, gt=0, le=7 * 24 * 60)
    hosts: dict[str, Host] = {}

    @field_validator("hosts")
    @classmethod
    def _are_named(cls, hosts: dict[str, Host]) -> dict[str, Host]:
        """Reject names that would not be valid model names."""
        for name in hosts:
            if not registry.NAME.fullmatch(name):
                raise ValueError(f"{name!r}: use lower-case letters, digits, dots, hyphens and underscores")
        return hosts


def read_engine_settings(home: Path) -> EngineSettings:
    """Return the engine settings of the workspace in `home`.

    Raises:
        SetupError: the file exists but cannot be read, is accessible to others, or holds invalid settings.
    """
    path = home / FILE_NAME
    tables: dict[str, Any] = read_settings_file(path) or {}
    try:
        return EngineSettings.from_values(tables)
    except InputError as error:
        raise unfit(path, f"cannot be used ({error.message.rstrip('.')})", "See docs/install.md, The engine.") from error
