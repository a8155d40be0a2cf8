"""State-space models (Mamba), whose layers differ from those of others in what may be done to their weights."""

# Families with layers whose weight is read beside the layer: no adapter on it has an effect, and it cannot be quantized.
# Source: transformers 5.23, models/mamba/modeling_mamba.py; peft 0.21, `_check_lora_target_modules_mamba`.
STATE_SPACE = {"falcon_h1", "mamba", "mamba2", "falcon_mamba", "nemotron_h"}
READ_BESIDE = ("dt_proj", "out_proj")
UNQUANTIZED = ("lm_head", "dt_proj")
