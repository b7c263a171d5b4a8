-- Identities whose id is not their person's: a search that finds many names looks for these alone.
CREATE INDEX person_identities_joined ON person_identities (workspace_id, identity_id, person_id)
    WHERE identity_id <> person_id;
