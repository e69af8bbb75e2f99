import type { Token } from '../../model/token.ts';
import { builder } from './builder.ts';
import { ForbiddenErrorRef, NotFoundErrorRef } from './error.ts';
import { tokenIdOfNode } from './node.ts';
import { TokenRef } from './refs.ts';
import { orRefused, refusedTypeOf } from './refused.ts';

const RevokeTokenInput = builder.inputType('RevokeTokenInput', {
  description: 'Which token to revoke.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The id field of the token.' }) }),
});

const RevokeTokenPayloadRef = builder.objectRef<{ readonly token: Token }>('RevokeTokenPayload').implement({
  description: 'The token is revoked, now or before.',
  fields: (t) => ({ token: t.expose('token', { type: TokenRef, description: 'The token as it is now.' }) }),
});

const RevokeTokenResult = builder.unionType('RevokeTokenResult', {
  description: 'What came of revoking a token.',
  types: [RevokeTokenPayloadRef, NotFoundErrorRef, ForbiddenErrorRef],
  resolveType: (result) => refusedTypeOf(result) ?? RevokeTokenPayloadRef,
});

builder.mutationField('revokeToken', (t) =>
  t.field({
    type: RevokeTokenResult,
    description:
      'Ends a token for good, and within a second what stands on it: sign-ins, WebSockets, streams, downloads. For ADMIN. Safe to repeat: the first time stands. It is in the audit log.',
    args: { input: t.arg({ type: RevokeTokenInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { input }, { parts, caller }) =>
      orRefused(['NOT_FOUND', 'FORBIDDEN'], async () => ({
        // No token has the empty id: what is no id of a token is not found, by whoever may look.
        token: await parts.tokens.revoke(caller, tokenIdOfNode(input.id) ?? ''),
      })),
  }),
);
