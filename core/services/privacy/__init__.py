"""Personal data in a project: searched for, replaced, and found again by those who may."""
