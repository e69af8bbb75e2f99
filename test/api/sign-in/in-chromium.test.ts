import { expect } from 'vitest';
import { toolTest } from '../../require.ts';
import { startTestServer } from '../running.ts';
import { openChromium } from './chromium.ts';
import { startIdentityProvider } from './identity-provider.ts';

toolTest('chromium')(
  'people sign in and out in a real browser: with a token, and through a provider at another site',
  async () => {
    await using provider = await startIdentityProvider();
    await using server = await startTestServer(() => ({
      signing: { openId: provider.settings, proxyIdentity: null, roleOfGroup: new Map([['secops', 'ADMIN']]) },
    }));
    provider.open(server.url);
    await using page = await openChromium();
    const shown = (): Promise<unknown> => page.evaluate('document.querySelector("main")?.innerText ?? ""');
    const wait = { timeout: 20_000, interval: 50 };
    const give = (token: string): Promise<unknown> =>
      page.evaluate(`token.value = '${token}'; document.querySelector('form').requestSubmit()`);

    await page.open(`${server.url}/sign-in`);
    await expect.poll(shown, wait).toContain('Access token');
    await give('<img src=x onerror=alert(1)>');
    await expect.poll(shown, wait).toContain('This token is not valid.');
    await give(server.tokens.VIEWER);
    await expect.poll(shown, wait).toContain('VIEWER');
    // The cookie is there, and no script sees it.
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.evaluate('document.getElementById("sign-out").click()');
    await expect.poll(shown, wait).toContain('Access token');

    await page.evaluate('document.querySelector("a.second").click()');
    await expect.poll(shown, wait).toContain('ada@example.org');
    expect(await page.evaluate('location.pathname')).toBe('/sign-in');
  },
  90_000,
);
