"""Several trainings at once: choosing them, following them, and comparing what came of them."""
