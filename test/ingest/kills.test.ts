import { afterAll, beforeAll, expect, test } from 'vitest';
import { Kills } from '../../src/ingest/kills.ts';
import { seesAll } from '../../src/model/access.ts';
import { Forbidden, InvalidInput } from '../../src/model/errors.ts';
import { TEXT_LENGTH_MAX } from '../../src/model/limits.ts';
import { roles, type Role, type Viewer } from '../../src/model/viewer.ts';
import { openFeed } from '../store/feeding.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let kills: Kills;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
  kills = new Kills(opened.writer, () => opened.clock.nowMs);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const viewer = (role: Role): Viewer => ({
  name: `${role}'s name`,
  role,
  producer: role === 'PRODUCER' ? 'tests' : null,
  expiresAtMs: null,
});

test.each(roles)('%s may kill, or may not, and who it was is kept', async (role) => {
  const { sessionId } = await openFeed(opened);
  const asked = kills.request(viewer(role), sessionId, 'because');
  if (role === 'ADMIN' || role === 'AUDITOR') {
    expect(await asked).toMatchObject({
      status: 'KILLING',
      kill: { requestedBy: `${role}'s name`, reason: 'because' },
    });
  } else {
    await expect(asked).rejects.toThrow(Forbidden);
    expect(await opened.catalog.session(seesAll, sessionId)).toMatchObject({ status: 'ACTIVE', kill: null });
  }
});

test('a reason has a limit, which is spoken', async () => {
  const { sessionId } = await openFeed(opened);
  const asked = kills.request(viewer('ADMIN'), sessionId, 'x'.repeat(TEXT_LENGTH_MAX + 1));
  await expect(asked).rejects.toThrow(InvalidInput);
  await expect(asked).rejects.toThrow(`${TEXT_LENGTH_MAX}`);
  expect(await kills.request(viewer('ADMIN'), sessionId, 'x'.repeat(TEXT_LENGTH_MAX))).toMatchObject({
    status: 'KILLING',
  });
});
