-- A sweep that was refused keeps what it saw until it is accepted or the next one like it begins.

ALTER TABLE sweeps ADD refused_at timestamptz;
