"""The room's public names, and what importing it costs."""

import subprocess
import sys

import core.documents


def test_public_names_are_sorted_and_exist() -> None:
    names = core.documents.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(core.documents, name) for name in names)


def test_importing_the_room_loads_no_reader() -> None:
    heavy = ("pypdfium2", "docx", "pptx", "openpyxl", "lxml", "rapidocr_onnxruntime", "charset_normalizer", "numpy")
    code = f"import sys, core.documents; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
