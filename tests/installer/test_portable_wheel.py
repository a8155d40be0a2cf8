import os
import subprocess
import sys

from bundle import llama


def test_programs_in_the_wheel_can_be_run_where_pip_installs_it(tmp_path):
    tree = tmp_path / "tree"
    info = tree / "llama_cpp_python-1.dist-info"
    for name, text in {
        "llama_cpp/lib/llama-server": "#!/bin/sh\n",
        "llama_cpp/lib/libllama.so": "",
        "llama_cpp/__init__.py": "",
        f"{info.name}/METADATA": "Metadata-Version: 2.1\nName: llama-cpp-python\nVersion: 1\n",
        f"{info.name}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
    }.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (info / "RECORD").write_text("", encoding="utf-8")
    wheel = tmp_path / "llama_cpp_python-1-py3-none-any.whl"
    llama.pack_wheel(tree, wheel)
    options = ["--no-index", "--no-deps", "--no-compile", "--target", str(tmp_path / "site")]
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", *options, str(wheel)], check=True, capture_output=True)
    assert os.access(tmp_path / "site/llama_cpp/lib/llama-server", os.X_OK)
    assert not os.access(tmp_path / "site/llama_cpp/__init__.py", os.X_OK)
