"""What goes from one machine to another: the manifest, its signature, the parts. For the installer and `models import`."""
