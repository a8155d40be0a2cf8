"""The installed llama.cpp: what the processor is asked for. Needs no processor of that kind."""

import re
from pathlib import Path

import llama_cpp
import pytest

# ldtilecfg with any register for its address: VEX.128.NP.0F38.W0 49 /0 (Intel's manual, volume 2)
CONFIGURES_TILES = re.compile(rb"\xc4[\xe2\xc2\xa2\x82]\x78\x49")
FOLDER = Path(llama_cpp.__file__).parent


def test_no_library_holds_amx_tile_instructions():
    """No compiler is on the good list of installer/engine.py; with one on it, this test asks for its version."""
    holding = [path.name for path in FOLDER.glob("lib/*.so*") if CONFIGURES_TILES.search(path.read_bytes())]
    assert holding == []


def test_the_pattern_knows_a_tile_instruction():
    assert CONFIGURES_TILES.search(b"\x90\xc4\xe2\x78\x49\x04\x24\x90")  # ldtilecfg [rsp]


@pytest.mark.parametrize("name", ["lib/llama-server", "lib/llama-quantize", "convert/convert_hf_to_gguf.py"])
def test_the_build_brings_the_engine(name):
    assert (FOLDER / name).is_file()
