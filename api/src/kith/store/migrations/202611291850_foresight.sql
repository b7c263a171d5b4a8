-- Which ties people were divided by, and how far that foresaw unseen ones, replace the length of a description.
ALTER TABLE detections
    ADD counting text NOT NULL DEFAULT 'log',
    ADD foreseen double precision NOT NULL DEFAULT 0,
    ALTER bits DROP NOT NULL,
    ALTER bits_undivided DROP NOT NULL;
COMMENT ON COLUMN detections.counting IS 'how contact counted: log, days or acts';
COMMENT ON COLUMN detections.foreseen IS 'bits by which an unseen tie was likelier than by activity alone';
