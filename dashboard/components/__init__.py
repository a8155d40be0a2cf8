"""Components shared by the pages. A page imports each from the module that defines it."""
