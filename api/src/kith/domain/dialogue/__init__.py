"""Dialogue: how far somebody converses rather than broadcasts, with intervals by conversation."""
