-- Lists of communities that have ended too, and of those within another.
CREATE INDEX communities_all_by_size ON communities (workspace_id, size DESC, id);
CREATE INDEX communities_by_parent ON communities (workspace_id, parent_id, size DESC, id);
