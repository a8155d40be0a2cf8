"""llama.cpp's own server, run as a separate process so that a crash in it cannot take down its caller."""

from core.models.engine.crash import EngineCrashed, EngineUnfit
from core.models.engine.program import converters_folder, quantize_program, server_program

__all__ = ["EngineCrashed", "EngineUnfit", "converters_folder", "quantize_program", "server_program"]
