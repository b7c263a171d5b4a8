"""Kith with a town in it, as for the clients of others."""

from tests.conformance.oauth.conftest import served  # noqa: F401 -- a fixture
