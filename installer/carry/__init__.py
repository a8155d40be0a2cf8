"""What goes from one machine to another: the manifest, its signature, the parts. Used by both sides."""
