"""Words of the network's own API, as it spells them."""

LIKES = "favourites_count"
LIKED_BY = "favourited_by"
SHARED_BY = "reblogged_by"
