"""llama.cpp's own server in a process of its own: it cannot take down whoever asks it."""

from core.models.engine.crash import EngineCrashed, EngineUnfit
from core.models.engine.program import converters_folder, quantize_program, server_program

__all__ = ["EngineCrashed", "EngineUnfit", "converters_folder", "quantize_program", "server_program"]
