-- A group may be a saved search: who meets all of these is in it. An attribute or community that is gone finds nobody.
ALTER TABLE groups ADD words text, ADD attribute_id uuid, ADD community_id uuid;
