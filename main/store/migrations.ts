/**
 * The schema of the state database, one entry a step. Entries are only ever appended: what was released is never
 * edited. Instants are milliseconds since the epoch. No column ever holds a secret.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  -- What the vault was given: an item that is listed here and reads as absent is locked or missing, never "signed out".
  CREATE TABLE vault_index (vault TEXT NOT NULL, key TEXT NOT NULL, written_at INTEGER NOT NULL,
    PRIMARY KEY (vault, key)) STRICT;

  CREATE TABLE secrets (name TEXT PRIMARY KEY, server TEXT, set_at INTEGER NOT NULL) STRICT;

  CREATE TABLE clients (name TEXT PRIMARY KEY, bearer_sha256 BLOB NOT NULL, added_at INTEGER NOT NULL,
    last_seen_at INTEGER) STRICT;

  CREATE TABLE registrations (id TEXT PRIMARY KEY, issuer TEXT NOT NULL, method TEXT NOT NULL, client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL, auth_method TEXT NOT NULL, registered_at INTEGER NOT NULL, expires_at INTEGER) STRICT;
  CREATE INDEX registrations_by_issuer ON registrations (issuer);

  CREATE TABLE grants (id TEXT PRIMARY KEY, server TEXT NOT NULL, account TEXT NOT NULL, label TEXT,
    issuer TEXT NOT NULL, registration TEXT NOT NULL, client_id TEXT NOT NULL, resource TEXT NOT NULL,
    scopes TEXT NOT NULL, state TEXT NOT NULL, renewable INTEGER NOT NULL, connected_at INTEGER NOT NULL,
    refreshed_at INTEGER, expires_at INTEGER) STRICT;
  -- A grant that is being revoked does not stand in the way of a new sign-in of the same account.
  CREATE UNIQUE INDEX grants_by_account ON grants (server, account) WHERE state <> 'revoking';

  CREATE TABLE receipts (id TEXT PRIMARY KEY, grant_id TEXT NOT NULL, account TEXT NOT NULL, server TEXT NOT NULL,
    issuer TEXT NOT NULL, registration TEXT NOT NULL, reason TEXT NOT NULL, started_at INTEGER NOT NULL,
    state TEXT NOT NULL, steps TEXT NOT NULL, remains TEXT, attempts INTEGER NOT NULL, next_attempt_at INTEGER) STRICT;

  CREATE TABLE audit (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, call TEXT NOT NULL,
    phase TEXT NOT NULL, user TEXT NOT NULL, client TEXT NOT NULL, proof TEXT NOT NULL, session TEXT,
    server TEXT NOT NULL, account TEXT, method TEXT NOT NULL, target TEXT, decision TEXT NOT NULL, rule TEXT NOT NULL,
    argument_keys TEXT NOT NULL, bytes INTEGER NOT NULL, outcome TEXT, code TEXT, latency_ms REAL,
    masked INTEGER NOT NULL) STRICT;
  CREATE INDEX audit_by_client ON audit (client, seq);
  CREATE INDEX audit_by_server ON audit (server, seq);
  CREATE INDEX audit_by_call ON audit (call)
  `,
  // What each grant was made in spite of, as a JSON array of names (main/store/quirks.ts).
  "ALTER TABLE grants ADD COLUMN quirks TEXT NOT NULL DEFAULT '[]'",
  `
  -- The life of each grant. A renewal is written before it is asked for: without outcome it is under way or was cut short.
  CREATE TABLE ledger (seq INTEGER PRIMARY KEY AUTOINCREMENT, grant_id TEXT NOT NULL, server TEXT NOT NULL,
    account TEXT NOT NULL, label TEXT, issuer TEXT NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL, reason TEXT,
    outcome TEXT, ended_at INTEGER, rotated INTEGER, error TEXT, status INTEGER, code TEXT,
    token_age_ms INTEGER, slept_ms INTEGER, retry_at INTEGER) STRICT;
  CREATE INDEX ledger_by_grant ON ledger (grant_id, seq);
  CREATE INDEX ledger_by_account ON ledger (server, account, seq)
  `,
  // Scopes that a sign-in asked for and did not get, as a JSON array.
  "ALTER TABLE grants ADD COLUMN withheld TEXT NOT NULL DEFAULT '[]'",
  // What the tokens of each grant are bound to: `dpop`, or nothing.
  'ALTER TABLE grants ADD COLUMN bound TEXT',
  `
  -- Who stands behind an account, and since when the account is there: a new sign-in keeps its place.
  ALTER TABLE grants ADD COLUMN subject TEXT;
  ALTER TABLE grants ADD COLUMN organisation TEXT;
  ALTER TABLE grants ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
  UPDATE grants SET since = connected_at;

  -- A name stays with whom it was given to, also after the grant is gone: a choice by name never moves to somebody else.
  CREATE TABLE account_names (server TEXT NOT NULL, account TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL,
    PRIMARY KEY (server, account)) STRICT
  `,
  `
  -- Dynamic registrations that nobody uses any more, until their providers have deleted them.
  CREATE TABLE registration_removals (id TEXT PRIMARY KEY, issuer TEXT NOT NULL, attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL) STRICT
  `,
  `
  -- Every version of a receipt or another record that is signed; unsigned while the vault that has the key is locked.
  CREATE TABLE signed_records (kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, content TEXT NOT NULL,
    document TEXT NOT NULL, signature TEXT, key_id TEXT, PRIMARY KEY (kind, id, version)) STRICT;
  -- The public halves of the keys that were used.
  CREATE TABLE signing_keys (id TEXT PRIMARY KEY, public_key TEXT NOT NULL, made_at INTEGER NOT NULL) STRICT
  `,
  `
  -- Who signed in: a person, Warder as a service, or nobody anew, where the token of another grant (exchanged_from) is exchanged.
  ALTER TABLE grants ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';
  ALTER TABLE grants ADD COLUMN exchanged_from TEXT
  `,
  `
  -- Files of other programs whose tokens became a grant, as they were when they were read.
  CREATE TABLE adopted_files (id TEXT PRIMARY KEY, written_at INTEGER NOT NULL, grant_id TEXT NOT NULL) STRICT
  `,
  // Calls that a crash left open are looked for among the rows of one run, at its end: no index for that on every row.
  'DROP INDEX audit_by_call',
  `
  -- What servers last said of themselves (openings, lists), for one definition, one set of accounts, one kind of opening.
  CREATE TABLE catalogue (server TEXT NOT NULL, definition TEXT NOT NULL, context TEXT NOT NULL, opening TEXT NOT NULL,
    method TEXT NOT NULL, heard_at INTEGER NOT NULL, bytes INTEGER NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (server, definition, context, opening, method)) STRICT
  `,
  `
  -- A call writes its rows and nothing else: the log counts them itself, and who called what is entered many at a time.
  ALTER TABLE audit RENAME TO audit_before;
  CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, call TEXT NOT NULL,
    phase TEXT NOT NULL, user TEXT NOT NULL, client TEXT NOT NULL, proof TEXT NOT NULL, session TEXT,
    server TEXT NOT NULL, account TEXT, method TEXT NOT NULL, target TEXT, decision TEXT NOT NULL, rule TEXT NOT NULL,
    argument_keys TEXT NOT NULL, bytes INTEGER NOT NULL, outcome TEXT, code TEXT, latency_ms REAL,
    masked INTEGER NOT NULL) STRICT;
  INSERT INTO audit SELECT * FROM audit_before;
  DROP TABLE audit_before;
  CREATE TABLE audit_by_client (client TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (client, seq))
    STRICT, WITHOUT ROWID;
  CREATE TABLE audit_by_server (server TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (server, seq))
    STRICT, WITHOUT ROWID;
  CREATE TABLE audit_named (upto INTEGER NOT NULL) STRICT;
  INSERT INTO audit_named VALUES (0)
  `,
  `
  -- What each server's tools said of themselves when they were pinned (approved: fingerprints, content: the last one), and
  -- what waits for a person (held). What was remembered before is forgotten: nobody held it against any pin.
  CREATE TABLE pinned_servers (server TEXT PRIMARY KEY, begun_at INTEGER NOT NULL, whole INTEGER NOT NULL) STRICT;
  CREATE TABLE tool_pins (server TEXT NOT NULL, tool TEXT NOT NULL, approved TEXT NOT NULL, content TEXT,
    approved_at INTEGER, by_person INTEGER NOT NULL, notes TEXT NOT NULL, noted_at INTEGER, held TEXT, held_content TEXT,
    held_at INTEGER, faults TEXT NOT NULL, denied INTEGER NOT NULL, PRIMARY KEY (server, tool)) STRICT;
  DELETE FROM catalogue
  `,
  `
  -- Which names have rows in which stretch of the log; an entry for each row cost every call a third of its rows again.
  DROP TABLE audit_by_client;
  DROP TABLE audit_by_server;
  CREATE TABLE audit_stretch_client (client TEXT NOT NULL, stretch INTEGER NOT NULL, PRIMARY KEY (client, stretch))
    STRICT, WITHOUT ROWID;
  CREATE TABLE audit_stretch_server (server TEXT NOT NULL, stretch INTEGER NOT NULL, PRIMARY KEY (server, stretch))
    STRICT, WITHOUT ROWID;
  UPDATE audit_named SET upto = 0
  `,
]
