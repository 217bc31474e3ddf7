-- The table of samples/world-cities; \copy in README.md fills it from cities.csv.gz as it is.
CREATE TABLE cities (
    geoname_id      bigint  PRIMARY KEY,
    name            text    NOT NULL,
    ascii_name      text,
    alternate_names text,              -- one name a line, every script
    names_by_script jsonb,             -- {"Hani": ["巴黎"], "Cyrl": ["Париж"]}: ISO 15924 codes, names not in Latin letters
    latitude        numeric NOT NULL,  -- digits as published
    longitude       numeric NOT NULL,
    feature_code    text    NOT NULL,  -- PPL, PPLC (capital), PPLA (seat of a first-order division) …
    country_code    text    NOT NULL,  -- ISO 3166-1 alpha-2
    other_countries text[],
    admin1_code     text,
    admin2_code     text,
    population      bigint  NOT NULL,
    elevation       integer,           -- metres, surveyed
    terrain         integer,           -- metres, of the digital terrain model
    time_zone       text    NOT NULL,
    modified_on     date    NOT NULL
);

CREATE INDEX cities_modified_on ON cities (modified_on, geoname_id);
