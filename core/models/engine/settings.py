"""What an administrator says of the engine in `engine.toml` in the workspace: when it rests, and who else may answer.

    idle_minutes = 10                          # without a question, until the engine leaves memory

    [hosts.site-70b]                           # the name that people choose it by
    address = "https://models.site:8000/v1"    # a server of the OpenAI protocol: vLLM, llama-server
    model = "Llama-3.3-70B-Instruct"           # as that server calls it
    key = "…"                                  # sent with every request; left out where it wants none
    certificate = "/etc/ssl/site-ca.pem"       # of the authority that signed it; left out: those of this machine

No page and no command writes the file.
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
    """A server of language models that an administrator allows."""

    address: str  # where its paths begin, as https://models.site:8000/v1
    model: str = Field(min_length=1)  # as the server calls it
    key: str = ""
    certificate: str = ""  # file of the authority; "" for those that this machine knows

    @field_validator("address")
    @classmethod
    def _is_safe(cls, address: str) -> str:
        """Refuse what others could listen to on the way."""
        found = urlsplit(address)
        if not found.hostname or not is_confidential(found) or found.username or found.query or found.fragment:
            raise ValueError("an https address is needed; only within this machine may it be http")
        return address.rstrip("/")

    @property
    def machine(self) -> str:
        """The name or number of the machine."""
        return urlsplit(self.address).hostname or ""

    @property
    def port(self) -> int:
        """The port on it."""
        return port_of(urlsplit(self.address))


class EngineSettings(Settings):
    """What stands in the file, and what holds where there is none."""

    idle_minutes: float = Field(default=10, gt=0, le=7 * 24 * 60)
    hosts: dict[str, Host] = {}

    @field_validator("hosts")
    @classmethod
    def _are_named(cls, hosts: dict[str, Host]) -> dict[str, Host]:
        """Refuse names that no model could have."""
        for name in hosts:
            if not registry.NAME.fullmatch(name):
                raise ValueError(f"{name!r}: use lower-case letters, digits, dots, hyphens and underscores")
        return hosts


def read_engine_settings(home: Path) -> EngineSettings:
    """Return the settings of a workspace's engine.

    Raises:
        SetupError: the file is there, and cannot be read, is open to others, or says what cannot be used.
    """
    path = home / FILE_NAME
    found: dict[str, Any] = read_settings_file(path) or {}
    try:
        return EngineSettings.from_values(found)
    except InputError as error:
        raise unfit(path, f"cannot be used ({error.message.rstrip('.')})", "See docs/install.md, The engine.") from error
