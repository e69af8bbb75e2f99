import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { toolTest } from '../require.ts';
import { startTestServer } from './running.ts';

const run = promisify(execFile);

/** Headless, with a profile of its own, and without what Chromium does by itself on the network. */
const chromium = async (url: string): Promise<{ readonly dom: string; readonly complaints: string }> => {
  const profile = await mkdtemp(path.join(tmpdir(), 'reeltime-chromium-'));
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const words = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    ...quiet,
    `--user-data-dir=${profile}`,
  ];
  try {
    const { stdout, stderr } = await run(
      'chromium',
      [...words, '--enable-logging=stderr', '--virtual-time-budget=10000', '--dump-dom', url],
      { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
    );
    return { dom: stdout, complaints: stderr };
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
};

toolTest('chromium')(
  'trap 13: GraphiQL runs in a real browser, and no request leaves the machine',
  async () => {
    await using server = await startTestServer();
    const { dom, complaints } = await chromium(`${server.url}/graphql`);
    const shown = dom.replaceAll(/<(script|style)\b[^]*?<\/\1>/g, '');
    const found = {
      page: shown.includes('class="graphiql-container'),
      button: /aria-label="Execute query/.test(shown),
      // It has asked for the schema, without a token, and shows what the server said.
      answer: shown.includes('UNAUTHENTICATED'),
      foreign: shown.match(/(?:src|href)="(?:https?:)?\/\/(?!127\.0\.0\.1)[^"]*"/g) ?? [],
    };
    expect(found).toEqual({ page: true, button: true, answer: true, foreign: [] });
    // What a page from a CDN would need is refused by the page's own policy, and told.
    expect(complaints).not.toContain('Content Security Policy');
  },
  90_000,
);
