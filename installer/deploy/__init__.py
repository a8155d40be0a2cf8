"""The target side, on the offline machine: verify, preflight, install, self-test, upgrade, roll back, uninstall."""
