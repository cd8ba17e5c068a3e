"""What all stages stand on: files, numbers, words and types that know nothing of networks."""
