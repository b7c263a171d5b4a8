-- Exports may hold what people said, beside what sources told.

ALTER TABLE exports ADD statements boolean NOT NULL DEFAULT false;
