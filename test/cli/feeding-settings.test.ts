import { Command } from 'commander';
import { expect, test } from 'vitest';
import { feedingOptions, type FeedingOptions, feedingSettings } from '../../src/cli/feeding-settings.ts';

const settingsOf = (...words: string[]) => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  for (const option of feedingOptions()) command.addOption(option);
  return feedingSettings(command.parse(words, { from: 'user' }).opts<FeedingOptions>());
};

test('who says nothing has a lease of a minute, and a week to come back', () => {
  expect(settingsOf()).toEqual({ leaseMs: 60_000, resumeWindowMs: 7 * 86_400_000 });
  expect(feedingOptions().map(({ envVar }) => envVar)).toEqual(['REELTIME_LEASE', 'REELTIME_RESUME_WINDOW']);
});

test.each([
  ['1500ms', 1500],
  ['90s', 90_000],
  ['5m', 300_000],
  ['12h', 12 * 3_600_000],
  ['366d', 366 * 86_400_000],
])('%s is a time', (words, leaseMs) => {
  expect(settingsOf('--lease', words).leaseMs).toBe(leaseMs);
});

test.each(['', '60', '1.5s', '-1s', '999ms', '367d', '1w', '60 s', '1e3s', '0s'])('%s is refused', (words) => {
  expect(() => settingsOf('--resume-window', words)).toThrow('must be a time from 1s to 366d');
});
