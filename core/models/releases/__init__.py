"""What an exported model is handed on in: a folder that can be checked, its card, and files for other programs."""
