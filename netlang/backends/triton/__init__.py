"""Triton: the artifact, its kernels and their launches."""
