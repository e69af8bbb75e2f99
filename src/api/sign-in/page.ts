import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Viewer } from '../../model/viewer.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing runs or shows that is not written in this folder, and the page asks nobody but this server. */
const policy = [
  "default-src 'none'",
  `script-src ${hashOf(pageScript)}`,
  `style-src ${hashOf(pageStyle)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  // The script sends what is in the form: without it, nothing is sent.
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that was made here. All other text in it was escaped. */
export type Markup = { readonly html: string };

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);

/** Markup with values in it: text is escaped, markup stays, null is nothing. */
export const markup = (parts: TemplateStringsArray, ...values: readonly (string | Markup | null)[]): Markup => {
  const shown = values.map((value) => (value === null ? '' : typeof value === 'string' ? escape(value) : value.html));
  return { html: parts.map((part, at) => part + (shown[at] ?? '')).join('') };
};

export type Page = {
  readonly status: number;
  readonly title: string;
  readonly content: Markup;
  /** Where the browser goes on by itself: a path of this server. */
  readonly moveTo?: string;
};

/** Answers with a page that makes no other request by itself. */
export const sendPage = (response: ServerResponse, { status, title, content, moveTo }: Page): void => {
  const move = moveTo === undefined ? null : markup`<meta http-equiv="refresh" content="0; url=${moveTo}" />`;
  // Script and style stand in their elements to the letter: the policy has their hashes.
  const { html } = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
${move}<title>${title} · Reeltime</title>
<style>${{ html: pageStyle }}</style>
</head>
<body>
<main>
<p class="product">Reeltime</p>
<h1>${title}</h1>
${content}
</main>
<script>${{ html: pageScript }}</script>
</body>
</html>
`;
  const body = Buffer.from(html, 'utf8');
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    'content-security-policy': policy,
    'x-frame-options': 'DENY',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
};

const openIdLink = (returnPath: string): Markup =>
  markup`<p class="or">or</p>
<a class="button second" href="/sign-in/openid?return=${encodeURIComponent(returnPath)}">Continue with your organisation</a>`;

/** What is asked of somebody who is not signed in. */
export const signInPage = (returnPath: string, hasOpenId: boolean): Page => ({
  status: 200,
  title: 'Sign in',
  content: markup`<form method="post" data-return="${returnPath}">
<label for="token">Access token</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password" spellcheck="false" aria-describedby="hint problem" />
<p id="hint" class="hint">Made by an administrator: <code>reeltime token create</code></p>
<p id="problem" class="problem" role="alert"></p>
<button type="submit">Sign in</button>
</form>
${hasOpenId ? openIdLink(returnPath) : null}
<noscript><p class="problem">Signing in with a token needs JavaScript on this page.</p></noscript>`,
});

const signOut = markup`<button type="button" class="second" id="sign-out">Sign out</button>
<p id="problem" class="problem" role="alert"></p>`;

/** What is shown to somebody who is. Only what a cookie stands for can be ended here. */
export const signedInPage = ({ name, role, credential }: Viewer): Page => ({
  status: 200,
  title: 'You are signed in',
  content: markup`<dl><dt>Name</dt><dd>${name}</dd><dt>Role</dt><dd>${role}</dd></dl>
<a class="button" href="/graphql">Open GraphiQL</a>
${credential.startsWith('sign-in ') ? signOut : null}`,
});

/** Goes on to the path by itself: a request of this page's own, which brings the SameSite=Strict cookie along. */
export const movingPage = (returnPath: string): Page => ({
  status: 200,
  title: 'You are signed in',
  moveTo: returnPath,
  content: markup`<a class="button" href="${returnPath}">Go on</a>`,
});

/** Why signing in came to nothing. The message is text, whoever wrote it. */
export const refusedPage = (status: number, title: string, message: string): Page => ({
  status,
  title,
  content: markup`<p class="problem" role="alert">${message}</p><a class="button" href="/sign-in">Try again</a>`,
});
