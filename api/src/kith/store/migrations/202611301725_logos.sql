-- Logos of apps: kept here, so that a page loads nothing from elsewhere to show one.

ALTER TABLE apps
    ADD logo bytea,             -- PNG, JPEG or WebP
    ADD logo_hash text,         -- names its version
    ADD logo_uri text;          -- where it was fetched, of an app that registered itself
