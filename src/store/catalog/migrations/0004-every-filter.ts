import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const addresses: readonly string[] = [
  // 16 bytes, as addressKey makes them, which migrate.ts gives to SQLite as address_key.
  'ALTER TABLE sessions ADD COLUMN client_ip_key BLOB',
  'UPDATE sessions SET client_ip_key = address_key(client_ip)',
];

const wordColumns = 'email, identity, name, socket_name, server_name, client_software, city, country, ssh_user';

/** The words of who, what and where. Who changes or deletes a session must take its words out before, as they were added. */
const words: readonly string[] = [
  `CREATE VIEW session_texts AS SELECT position, -position AS place, user_email AS email,
     CASE WHEN user_identity_key IS NOT user_email_key THEN user_identity END AS identity, user_name AS name,
     socket_name, server_name, client_software,
     client_location ->> 'city' AS city, client_location ->> 'country' AS country, ssh_user
   FROM sessions`,
  // Keeps no text of its own, and no lengths, which only ranking needs.
  // NOTE newest first: from its least row on FTS5 finds its way through a term that millions have 50 times as fast as back from
  // anywhere else.
  `CREATE VIRTUAL TABLE session_words USING fts5 (${wordColumns},
     content = 'session_texts', content_rowid = 'place', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2')`,
  `INSERT INTO session_words (session_words, rank) VALUES ('secure-delete', 1)`,
  // As 'rebuild' does, without sorting the log by its negative positions.
  `INSERT INTO session_words (rowid, ${wordColumns}) SELECT place, ${wordColumns} FROM session_texts ORDER BY position DESC`,
];

// What each of these is for is in listing/session-indexes.ts. Every one ends in the row's position.
const indexes: readonly string[] = [
  'CREATE INDEX sessions_by_upstream ON sessions (lower(upstream))',
  'CREATE INDEX sessions_by_address ON sessions (client_ip_key)',
  // The block that an address is in: of IPv4 a /24, of IPv6 a /64.
  `CREATE INDEX sessions_by_address_block ON sessions
     (substr(client_ip_key, 1, iif(substr(client_ip_key, 1, 12) = x'00000000000000000000ffff', 15, 8)))`,
  `CREATE INDEX sessions_by_country ON sessions (upper(client_location ->> 'countryCode'))
     WHERE upper(client_location ->> 'countryCode') IS NOT NULL`,
  `CREATE INDEX sessions_by_protocol_country ON sessions (protocol, upper(client_location ->> 'countryCode'))
     WHERE upper(client_location ->> 'countryCode') IS NOT NULL`,
  'CREATE INDEX sessions_by_recording_state ON sessions (recording_state)',
  `CREATE INDEX sessions_by_user_status ON sessions (user_identity_key, status) WHERE status <> 'ENDED'`,
  `CREATE INDEX sessions_by_socket_status ON sessions (socket_id, status) WHERE status <> 'ENDED'`,
  `CREATE INDEX sessions_by_socket_name_status ON sessions (socket_name, status) WHERE status <> 'ENDED'`,
  // NOTE of one index over all, a heartbeat of 1,000 sessions moved 1,000 entries among millions: 173 ms.
  'DROP INDEX sessions_by_last_seen',
  'DROP INDEX sessions_by_duration',
  ...['last_seen', 'duration'].flatMap((key) => [
    `CREATE INDEX sessions_by_${key} ON sessions (${key}_ms) WHERE status NOT IN ('ACTIVE', 'KILLING')`,
    `CREATE INDEX sessions_running_by_${key} ON sessions (${key}_ms) WHERE status IN ('ACTIVE', 'KILLING')`,
  ]),
];

export const everyFilter: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of [...addresses, ...words, ...indexes]) await sql.raw(statement).execute(db);
  },
};
