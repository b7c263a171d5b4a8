"""Who trusts whom, about what: apart from strength, per topic, with an interval, or "not enough evidence"."""
