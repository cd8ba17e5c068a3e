"""Networks looked at another way: repeats as one, parts alone, as groups, what a pixel sees."""
