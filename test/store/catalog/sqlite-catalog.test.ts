import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogScripts } from '../../../src/cli/assets.ts';
import { seesAll } from '../../../src/model/access.ts';
import { Unavailable } from '../../../src/model/errors.ts';
import type { SessionId } from '../../../src/model/ids.ts';
import { firstPage } from '../../../src/model/page.ts';
import { everySession } from '../../../src/model/session-filter.ts';
import { migrate, NewerDataFolder, OlderDataFolder } from '../../../src/store/catalog/migrate.ts';
import { sessionsAndRecordings } from '../../../src/store/catalog/migrations/0001-sessions-and-recordings.ts';
import { accessAndAudit } from '../../../src/store/catalog/migrations/0002-access-and-audit.ts';
import { openForReading, openForWriting } from '../../../src/store/catalog/open-database.ts';
import { openSqliteCatalog, openSqliteCatalogToRead } from '../../../src/store/catalog/sqlite-catalog.ts';
import { CatalogNotOpened } from '../../../src/store/catalog/prepare-database.ts';
import { GroupCommit } from '../../../src/store/catalog/writing/group-commit.ts';
import { WriteContext } from '../../../src/store/catalog/writing/write-context.ts';
import { writes } from '../../../src/store/catalog/writing/writes.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { openSessionWrite } from '../writes.ts';

const catalogSources = fileURLToPath(new URL('../../../src/store/catalog', import.meta.url));

let folder: TemporaryFolder;
let place: { readonly path: string; readonly nativeBinding: null };
beforeEach(async () => {
  folder = await temporaryFolder();
  place = { path: path.join(folder.path, 'catalog.db'), nativeBinding: null };
});
afterEach(() => folder[Symbol.asyncDispose]());

const open = () => openSqliteCatalog(place, catalogScripts, () => {});
const pragma = (database: Database.Database, name: string): unknown => database.pragma(name, { simple: true });

describe('connections', () => {
  test('sync each commit (synchronous is FULL), which better-sqlite3 does not do on a WAL file by itself', async () => {
    using writing = closing(openForWriting(place));
    expect([pragma(writing, 'journal_mode'), pragma(writing, 'synchronous')]).toEqual(['wal', 2]);
    using reading = closing(openForReading(place));
    expect(pragma(reading, 'synchronous')).toBe(2);
    using plain = closing(new Database(place.path));
    expect(pragma(plain, 'synchronous')).toBe(1);
  });

  test.each([
    ['overwrite what they delete', openForWriting, false],
    ['that are opened plainly leave it in the file, which is why', () => new Database(place.path), true],
  ] as const)('%s', (_name, connect, remains) => {
    const secret = 'do-not-leave-this-behind';
    {
      using database = closing(connect(place));
      database.pragma('journal_mode = WAL');
      database.exec('CREATE TABLE batches (msgpack TEXT)');
      database.prepare('INSERT INTO batches VALUES (?)').run(secret.repeat(500));
      database.exec('DELETE FROM batches');
    }
    expect(readFileSync(place.path).includes(secret)).toBe(remains);
  });

  test('that read cannot write', async () => {
    await (await open())[Symbol.asyncDispose]();
    using reading = closing(openForReading(place));
    expect(() => reading.exec('DELETE FROM log')).toThrow(/readonly|query_only/);
  });
});

/** A connection that its scope closes. */
const closing = (database: Database.Database): Database.Database & Disposable =>
  Object.assign(database, { [Symbol.dispose]: () => void database.close() });

describe('the version of a data folder', () => {
  test('that is newer is refused by its name, by the server and by verbs that read', async () => {
    await (await open())[Symbol.asyncDispose]();
    {
      using database = closing(new Database(place.path));
      database.prepare("INSERT INTO kysely_migration (name, timestamp) VALUES ('0999-from-the-future', '')").run();
    }
    const refused = open();
    await expect(refused).rejects.toThrow(CatalogNotOpened);
    await expect(refused).rejects.toThrow('0999-from-the-future');
    expect(() => openSqliteCatalogToRead(place)).toThrow(NewerDataFolder);
    expect(() => openSqliteCatalogToRead(place)).toThrow('0999-from-the-future');
  });

  test('that is older is refused by verbs that read, which would have to upgrade it', () => {
    closing(openForWriting(place))[Symbol.dispose]();
    expect(() => openSqliteCatalogToRead(place)).toThrow(OlderDataFolder);
  });

  test('is brought up to date once: again is nothing', async () => {
    using database = closing(openForWriting(place));
    await migrate(database);
    const state = (): unknown => [
      database.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all(),
      database.prepare('SELECT * FROM kysely_migration').all(),
    ];
    const once = state();
    await migrate(database);
    expect(state()).toEqual(once);
  });

  /** A catalog as the program of the first version left it, with two tokens. */
  const makeOfFirstVersion = async (): Promise<void> => {
    using database = closing(openForWriting(place));
    const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
    const getMigrations = async () => ({ '0001-sessions-and-recordings': sessionsAndRecordings });
    await new Migrator({ db: kysely, provider: { getMigrations } }).migrateToLatest();
    const token = database.prepare(
      `INSERT INTO tokens (token_id, name, sha256, role, producer, expires_ms, created_ms) VALUES (?, ?, ?, 'ADMIN', ?, ?, ?)`,
    );
    token.run('admin', 'admin', Buffer.alloc(32, 1), null, null, 7);
    token.run('older', 'feeder', Buffer.alloc(32, 2), 'tests', 99, 5);
    database.exec(`INSERT INTO users (identity_key, identity, name, is_service_account, last_seen_ms)
      VALUES ('ann', 'Ann', 'Ann A', 0, 5), ('bob', 'bob', NULL, 1, 9);
      INSERT INTO sockets VALUES ('s', 'bastion', 'SSH', 5), ('t', 'orders', 'DATABASE', 5)`);
  };

  test('of the first version is brought up to date with its tokens', async () => {
    await makeOfFirstVersion();
    await using catalog = await open();
    const { items } = await catalog.reader.tokens(firstPage(10));
    const since = { lastUsedAtMs: null, revokedAtMs: null };
    expect(items).toEqual([
      {
        tokenId: 'admin',
        name: 'admin',
        role: 'ADMIN',
        producer: null,
        createdAtMs: 7,
        expiresAtMs: null,
        position: 2,
        ...since,
      },
      {
        tokenId: 'older',
        name: 'feeder',
        role: 'ADMIN',
        producer: 'tests',
        createdAtMs: 5,
        expiresAtMs: 99,
        position: 1,
        ...since,
      },
    ]);
    expect((await catalog.reader.token('admin'))?.sha256).toEqual(Buffer.alloc(32, 1));
  });

  test('of the first version has its users and sockets in a list, and goes on counting them as the same', async () => {
    await makeOfFirstVersion();
    await using catalog = await open();
    const { reader, writer } = catalog;
    const identities = async (): Promise<readonly string[]> =>
      (await reader.users(seesAll, null, firstPage(10))).items.map(({ item }) => item.identity);
    expect(await identities()).toEqual(['bob', 'Ann']);
    const sockets = await reader.sockets(seesAll, null, firstPage(10));
    expect(sockets.items.map(({ item }) => [item.socketId, item.name, item.protocol])).toEqual([
      ['t', 'orders', 'DATABASE'],
      ['s', 'bastion', 'SSH'],
    ]);
    await writer?.openSession(openSessionWrite({ identity: 'ANN' }));
    expect(await identities()).toEqual(['Ann', 'bob']);
  });

  test('of the second version is brought up to date: its sessions are new to nobody, and lost ones may be resumed', async () => {
    {
      using database = closing(openForWriting(place));
      const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
      const getMigrations = async () => ({
        '0001-sessions-and-recordings': sessionsAndRecordings,
        '0002-access-and-audit': accessAndAudit,
      });
      await new Migrator({ db: kysely, provider: { getMigrations } }).migrateToLatest();
      database.exec("INSERT INTO log VALUES ('a1', 3)");
      const session = database.prepare(
        `INSERT INTO sessions (position, session_id, producer, protocol, upstream, status, user_identity, user_identity_key,
           user_is_service_account, socket_id, socket_name, client_ip, server_name, server_port, started_ms, last_seen_ms,
           ended_ms, duration_ms, attempt_count, recording_state, recording_count, epoch, revision)
         VALUES (?, ?, 'tests', 'SSH', 'ssh', ?, 'ann', 'ann', 0, 's', 's', '192.0.2.1', 'x', 22, 1, 1, ?, 0, 1, 'NONE', 0, 1, ?)`,
      );
      session.run(1, 'active', 'ACTIVE', null, 1);
      session.run(2, 'ended', 'ENDED', 5, 2);
      session.run(3, 'lost', 'LOST', null, 3);
    }
    await using catalog = await open();
    const after = { log: 'a1', position: 1 };
    const changed = await catalog.reader.changedSessions(seesAll, everySession, after, 10);
    expect(changed.map(({ session, isNew, hasEnded }) => [session.sessionId, isNew, hasEnded])).toEqual([
      ['ended', false, false],
      ['lost', false, false],
    ]);
    const heard = { producer: 'tests', actor: 'x', sessionIds: ['lost' as SessionId], atMs: Date.now() };
    expect(await catalog.writer?.heartbeat(heard)).toEqual({ kills: [], unknown: [] });
    expect(await catalog.reader.session(seesAll, 'lost' as SessionId)).toMatchObject({ status: 'ACTIVE' });
  });

  test('that cannot be brought up to date stays whole, as it was', async () => {
    await makeOfFirstVersion();
    const schema = 'SELECT name, sql FROM sqlite_schema ORDER BY name';
    using database = closing(new Database(place.path));
    database.exec('CREATE TABLE sign_ins (somebody TEXT)');
    const before = database.prepare(schema).all();
    await expect(open()).rejects.toThrow(CatalogNotOpened);
    expect(database.prepare(schema).all()).toEqual(before);
    expect(database.prepare('SELECT count(*) FROM tokens').pluck().get()).toBe(2);
  });

  test('a file that is no catalog is refused, and stays as it is', async () => {
    const database = new Database(place.path);
    database.exec('CREATE TABLE sessions (mine TEXT)');
    database.close();
    await expect(open()).rejects.toThrow(CatalogNotOpened);
    using after = closing(new Database(place.path));
    expect(after.prepare("SELECT sql FROM sqlite_schema WHERE name = 'sessions'").pluck().get()).toContain('mine');
    expect(after.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'batches'").pluck().get()).toBe(0);
  });

  test('the log of changes and the key keep their names when the folder is opened again', async () => {
    const seen: unknown[] = [];
    for (let round = 0; round < 2; round += 1) {
      await using catalog = await open();
      seen.push([(await catalog.reader.revision()).log, (await catalog.reader.signingKey()).keyId]);
    }
    expect(seen[0]).toEqual(seen[1]);
  });
});

describe('writing', () => {
  test('no write is a promise: a transaction would end before it did', async () => {
    using database = closing(openForWriting(place));
    // The trap itself: better-sqlite3 refuses an async function only once it has run.
    expect(() => database.transaction(async () => {})()).toThrow('promise');
    await migrate(database);
    expect(Object.values(writes).map((write) => write.constructor.name)).not.toContain('AsyncFunction');
    const sources = readdirSync(catalogSources, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    for (const file of sources) {
      expect(readFileSync(path.join(catalogSources, file), 'utf8')).not.toMatch(/transaction\(\s*async/);
    }
  });

  test('when the disk fails in the middle nothing of the commit stands, all of it is told, and the next one is taken', async () => {
    using database = closing(openForWriting(place));
    await migrate(database);
    database.exec("INSERT INTO log VALUES ('a', 0)");
    const commits = new GroupCommit(
      new WriteContext(database, {
        newId: () => crypto.randomUUID(),
        salt: () => Buffer.alloc(16),
        resumeWindowMs: 1000,
      }),
    );
    const requests = [1, 2, 3].map((id) => ({ id, name: 'openSession' as const, input: openSessionWrite() }));
    // A file that may not grow is a disk that is full.
    const pages = pragma(database, 'page_count') as number;
    database.pragma(`max_page_count = ${pages}`);
    const big = {
      id: 9,
      name: 'openSession' as const,
      input: openSessionWrite({ session: { authInfo: 'x'.repeat(1_000_000) } }),
    };
    const failed = commits.commit([...requests, big]);
    expect(failed.announcements).toEqual([]);
    expect(failed.replies.every((reply) => 'failure' in reply)).toBe(true);
    expect(failed.replies.map(({ id }) => id)).toEqual([1, 2, 3, 9]);
    expect(database.prepare('SELECT count(*) FROM sessions').pluck().get()).toBe(0);
    database.pragma('max_page_count = 1000000');
    const taken = commits.commit(requests);
    expect(taken.replies.every((reply) => 'value' in reply)).toBe(true);
    expect(taken.announcements).toHaveLength(3);
  });

  test('what the disk refused is Unavailable, with the reason as its cause', async () => {
    await using catalog = await open();
    // A value that no column takes is the nearest thing to a failing disk that crosses the thread.
    const input = openSessionWrite();
    const broken = {
      ...input,
      session: { ...input.session, server: { name: 'x', port: 'not a number' as unknown as number } },
    };
    const refused = catalog.writer?.openSession(broken);
    await expect(refused).rejects.toThrow(Unavailable);
    await expect(refused).rejects.toMatchObject({ cause: { message: expect.stringContaining('INTEGER') } });
    expect(await catalog.reader.session(seesAll, input.session.sessionId)).toBeNull();
  });

  test('what was sent before the catalog is closed is committed, and what is sent after fails', async () => {
    const catalog = await open();
    const inputs = Array.from({ length: 1200 }, () => openSessionWrite({ recording: null }));
    const sent = inputs.map((input) => catalog.writer?.openSession(input));
    await catalog[Symbol.asyncDispose]();
    await Promise.all(sent);
    await expect(catalog.writer?.openSession(openSessionWrite())).rejects.toThrow('ended');
    await using again = await open();
    const last = inputs.at(-1)?.session.sessionId;
    expect(last === undefined ? null : await again.reader.session(seesAll, last)).not.toBeNull();
  });
});
