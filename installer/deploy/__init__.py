"""The disconnected machine's side: verify, look at the machine, install, test, upgrade, roll back, uninstall."""
