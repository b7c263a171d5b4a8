"""How far each kind of evidence for an affiliation goes."""

from typing import Literal, get_args

Evidence = Literal["address_in_act", "own_statement", "dated_record", "domain", "broker"]
# The strongest first.
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)

# What an affiliation read from an address is believed: one that was written from, and one that was merely seen. An
# organization's domain also serves guests, alumni and its customers, hence not certain.
ADDRESS_IN_ACT = 0.9
DOMAIN = 0.6

# What an affiliation that a network tells is believed: what somebody says of themselves, a record that somebody keeps
# of others, and data that is sold.
TOLD: dict[Evidence, float] = {"own_statement": 0.8, "dated_record": 0.9, "broker": 0.5}
