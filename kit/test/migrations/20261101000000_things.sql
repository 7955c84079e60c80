-- Up Migration
CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL UNIQUE);

-- Down Migration
DROP TABLE things;
