"""Start Streamlit with the connection guard already up: `python dashboard/start.py run app.py …`.

Streamlit asks an outside service for this machine's address when a page from another origin connects
(`streamlit.net_util.get_external_ip`), and that may be the very first request, before any page of ours has run.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.offline import allow, refuse_connections
from core.settings import default_home
from core.sign_in import read_sign_in


def start() -> None:
    """Raise the connection guard, let downloads wait for slow pages, then hand over to Streamlit's command line."""
    settings = read_sign_in(default_home())
    if settings is not None:
        allow(settings.provider_host, settings.provider_port)
    refuse_connections()
    from streamlit import net_util
    from streamlit.web.cli import main

    from dashboard.downloads import keep_downloads

    net_util._internal_ip = net_util._external_ip = "127.0.0.1"  # noqa: SLF001 prefilled, so that Streamlit asks nobody
    keep_downloads()
    main(prog_name="streamlit")


if __name__ == "__main__":
    start()
