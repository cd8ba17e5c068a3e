"""Carries out a network's `train`: data, augmentation, schedule, loop, log and plot."""
