-- A planned maintenance that covers more than one unit holds no notice until a second person has confirmed it.
ALTER TABLE maintenance
    ADD COLUMN needs_confirmation boolean NOT NULL DEFAULT false,
    ADD COLUMN confirmed_at timestamptz,
    ADD COLUMN confirmed_by text,
    ADD CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    ADD CHECK (confirmed_by <> created_by);
