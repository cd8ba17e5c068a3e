"""What all pictures share: shapes and text as SVG, colours, and how a file of them is written."""
