-- How people sign in: known devices, second factors, and where a single sign-on goes on.

-- The devices that somebody has signed in on. A stranger's failures don't lock an account out of these.
CREATE TABLE known_device (
    device_hash bytea NOT NULL CHECK (length(device_hash) = 32),
    username    text NOT NULL REFERENCES account ON DELETE CASCADE,
    seen_at     timestamptz NOT NULL,
    failures    integer NOT NULL DEFAULT 0,
    PRIMARY KEY (device_hash, username)
);
COMMENT ON COLUMN known_device.device_hash IS 'SHA-256 of the random id in the device''s cookie';
COMMENT ON COLUMN known_device.failures IS 'since the last success; too many, and the device isn''t known any more';
CREATE INDEX known_device_of ON known_device (username);

-- account_at: an account from one address ("address account"); factor: codes of the second factor, by account.
ALTER TABLE login_throttle DROP CONSTRAINT login_throttle_kind_check;
ALTER TABLE login_throttle
    ADD CONSTRAINT login_throttle_kind_check CHECK (kind IN ('account', 'address', 'account_at', 'factor'));

CREATE TABLE second_factor (
    username     text PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    secret       text NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step    bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN second_factor.secret IS 'of RFC 6238, base32; shown while it is enrolled and never again';
COMMENT ON COLUMN second_factor.confirmed_at IS 'when a first code proved that the device has it; null: being enrolled';
COMMENT ON COLUMN second_factor.last_step IS 'time step of the last code: no code counts twice';

ALTER TABLE account_session ADD COLUMN has_factor boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN account_session.has_factor IS 'whether the second factor was given, or none is needed for how it began';

ALTER TABLE oidc_login ADD COLUMN place text NOT NULL DEFAULT '';
COMMENT ON COLUMN oidc_login.place IS 'the page of the console that it goes on to';
