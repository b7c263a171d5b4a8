-- How a sign-in shows who it is: passwords, codes of an app, recovery codes, passkeys, another provider. And what holds
-- back those who guess.

ALTER TABLE sign_ins
    ADD verified_at   timestamptz,              -- when the address was shown to be its human's own
    ADD totp_key_id   text,                     -- which of the operator's keys wraps the secret's own
    ADD totp_wrapped  bytea,
    ADD totp_sealed   bytea,
    ADD totp_step     bigint;                   -- of the last code: none is taken twice

CREATE TABLE recovery_codes (
    sign_in_id    uuid NOT NULL REFERENCES sign_ins ON DELETE CASCADE,
    hash          bytea NOT NULL,               -- SHA-256; a code has 80 random bits
    used_at       timestamptz,
    PRIMARY KEY (sign_in_id, hash)
);

CREATE TABLE passkeys (
    id            bytea PRIMARY KEY,            -- as the authenticator names it
    sign_in_id    uuid NOT NULL REFERENCES sign_ins ON DELETE CASCADE,
    name          text NOT NULL,
    public_key    bytea NOT NULL,               -- COSE
    uses          bigint NOT NULL,              -- as the authenticator counts them; many do not
    created_at    timestamptz NOT NULL DEFAULT now(),
    used_at       timestamptz
);
CREATE INDEX passkeys_by_sign_in ON passkeys (sign_in_id, created_at);

-- Who a sign-in is to another provider.
CREATE TABLE sign_in_providers (
    issuer        text NOT NULL,
    subject       text NOT NULL,
    sign_in_id    uuid NOT NULL REFERENCES sign_ins ON DELETE CASCADE,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX sign_in_providers_by_sign_in ON sign_in_providers (sign_in_id);

-- What a browser that is about to sign in waits for; taken once.
CREATE TABLE sign_in_steps (
    browser       bytea NOT NULL,               -- SHA-256 of its cookie
    kind          text NOT NULL,                -- second_factor, passkey, provider
    data          jsonb NOT NULL,
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (browser, kind)
);
CREATE INDEX sign_in_steps_by_end ON sign_in_steps (expires_at);

CREATE TABLE sign_in_failures (
    subject       bytea PRIMARY KEY,            -- SHA-256 of an address of mail or of the network
    failures      integer NOT NULL,
    last_at       timestamptz NOT NULL,
    blocked_until timestamptz
);
CREATE INDEX sign_in_failures_by_age ON sign_in_failures (last_at);
