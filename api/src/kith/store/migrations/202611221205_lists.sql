-- Lists of relationships look for the last day of contact within the index: of someone who knows a hundred thousand, or
-- of all, few rows may be wanted, and none but those are read.
DROP INDEX relationships_of_person, relationships_by_strength;
CREATE INDEX relationships_of_person ON relationships
    (workspace_id, person_id, strength DESC NULLS LAST, other_id, last_day);
CREATE INDEX relationships_by_strength ON relationships
    (workspace_id, strength DESC NULLS LAST, person_id, other_id, last_day) WHERE person_id < other_id;
