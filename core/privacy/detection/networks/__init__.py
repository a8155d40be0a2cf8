"""The networks that find names, and the processes that they run in."""
