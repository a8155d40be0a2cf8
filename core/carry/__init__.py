"""Bundles carried from one machine to another: manifest, signature, parts. Used by the installer and `models import`."""
