"""The pieces that pages share. A page imports what it needs from the module that has it."""
