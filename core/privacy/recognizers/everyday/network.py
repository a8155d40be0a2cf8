"""Machines: host names, MAC and IMEI numbers, in addition to the IP and MAC addresses that Presidio finds.

Sources: IEEE 802 (48 bits as pairs, or as three groups of four); 3GPP TS 23.003 (IMEI: 15 digits, the last by Luhn);
RFC 1123 (host names); RFC 6762 and 8375 (.local, home.arpa).
"""

from core.privacy.recognizers.everyday.identity import luhn
from core.privacy.recognizers.rule import Bounds, rule

_MACHINE = (
    r"(?i:\b(?:host(?:[ ]?name)?|server|workstation|computer|machine|laptop|desktop|printer|router|switch|node|"
    r"log(?:ged)?[ ]?on to|pinged|ping|ssh|rdp to))"
)
_CODED = r"(?=[A-Za-z-]{0,20}\d|[a-zA-Z]{2,8}-[A-Za-z]{2,6}-)[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+){0,5}"


def machine_name(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds of a name with a digit and at least four characters that is not a designation such as "M240"."""
    value = text[start:end]
    is_code = any(c.isdigit() for c in value) and ("-" in value or "." in value or len(value) >= 6)
    return (start, end) if is_code and len(value) >= 4 else None


RULES = (
    rule("HOST", rf"{_MACHINE}(?: name)?\s?[:=]\s?(?P<value>[A-Za-z0-9][\w.-]{{2,62}}\w)"),
    rule(
        "HOST", rf"{_MACHINE}(?:[ ](?:is|was|name|called))?[ ](?P<value>{_CODED})(?![\w-])", score=0.75, check=machine_name
    ),
    rule(
        "HOST",
        r"(?<![\w.@/-])(?:[A-Za-z0-9][A-Za-z0-9-]{0,40}\.){1,4}(?:local|lan|internal|intranet|example|corp|test|"
        r"invalid|localdomain|arpa|mil)(?![\w@-]|\.\w)",
    ),
    rule(
        "HOST",
        r"(?<![\w.@/-])(?:SRV|WKS|WS|LT|PC|DC|FS|SQL|DB|WEB|APP|NAS|VM|ESX|SW|RTR|FW|PRN|srv|wks|ws|dc|sql|db|web|vm)"
        r"(?:-[A-Z0-9a-z]{1,8}){0,2}-?\d{2,6}(?![\w/-])",
        score=0.65,
        near=(
            r"\b(server|workstation|host\w*|laptop|log(?:ged)?[ -]?(?:on|in)|admin|ping\w*|domain|network|reboot\w*|"
            r"patch\w*|machine|wiped|user)\b"
        ),
    ),
    rule("MAC_ADDRESS", r"(?<![\w.:-])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.:-])"),
    rule("MAC_ADDRESS", r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])"),
    rule(
        "MAC_ADDRESS",
        r"(?i:\b(?:mac|bssid|ethernet)(?:[ -]?addr(?:ess)?)?)(?:[ ]is)?[ ]?[:=]?[ ](?P<value>[0-9A-Fa-f]{12})(?!\w)",
    ),
    rule(
        "IP_ADDRESS",
        r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:/\d{1,2}|:\d{2,5})?(?![\w]|\.\d)",
        score=0.8,
        near=r"\b(ip|address|host|server|gateway|router|ping|subnet|traffic|network|rack|dns|firewall|port|ssh|vpn|at)\b",
    ),
    rule(
        "IP_ADDRESS",
        r"(?<![\w:])(?=[0-9A-Fa-f:]{0,40}:[0-9A-Fa-f:]{0,40}:)(?=[^:]{0,4}:)"
        r"(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{1,4}(?:/\d{1,3})?(?![\w:])",
        score=0.8,
    ),
    rule("ID_NUMBER", r"(?<![\w-])\d{2}-\d{6}-\d{6}-\d(?![\w-])"),  # IMEI
    rule("ID_NUMBER", r"(?<![\w-])\d{2}[ ]\d{6}[ ]\d{6}[ ]\d(?![\w-])", check=luhn),
)
