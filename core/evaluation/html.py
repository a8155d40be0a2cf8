"""Write the reports of this room: one HTML file each, in one frame, which fetches nothing and runs no script."""

from typing import Any

import jinja2


def render(template: str, **values: Any) -> str:
    """Return a template of this folder as a whole HTML document, with all text of `values` escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("core.evaluation", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = _duration
    environment.filters["words"] = lambda name: str(name).replace("_", " ").replace("-", " ").lower()
    return environment.get_template(template).render(values)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
