import { NAME_LENGTH_MAX, TOKEN_NAME_LENGTH_MAX } from '../../model/limits.ts';
import type { Token } from '../../model/token.ts';
import { builder } from './builder.ts';
import { ConflictErrorRef, ForbiddenErrorRef, ValidationErrorRef } from './error.ts';
import { TokenRef } from './refs.ts';
import { orRefused, refusedTypeOf } from './refused.ts';
import { RoleEnum } from './viewer.ts';

const CreateTokenInput = builder.inputType('CreateTokenInput', {
  description: 'What the new token is for.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: `Who or what holds it: 1 to ${TOKEN_NAME_LENGTH_MAX} printable characters, and no name of a token that is not revoked.`,
    }),
    role: t.field({ type: RoleEnum, required: true, description: 'What its holder may do.' }),
    producer: t.string({
      description: `For the role PRODUCER alone: whose sessions it opens and feeds; the token's name when absent. 1 to ${NAME_LENGTH_MAX} printable characters.`,
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it stops working, in the future; never when absent.' }),
  }),
});

type CreateTokenPayload = { readonly token: Token; readonly text: string };

const CreateTokenPayloadRef = builder.objectRef<CreateTokenPayload>('CreateTokenPayload').implement({
  description: 'The token was made.',
  fields: (t) => ({
    token: t.expose('token', { type: TokenRef, description: 'The token, without its secret.' }),
    secret: t.exposeString('text', {
      description:
        'What its holder sends, such as in the header x-access-token. It is shown this once: the server keeps only its SHA-256.',
    }),
  }),
});

const CreateTokenResult = builder.unionType('CreateTokenResult', {
  description: 'What came of making a token.',
  types: [CreateTokenPayloadRef, ForbiddenErrorRef, ValidationErrorRef, ConflictErrorRef],
  resolveType: (result) => refusedTypeOf(result) ?? CreateTokenPayloadRef,
});

builder.mutationField('createToken', (t) =>
  t.field({
    type: CreateTokenResult,
    description: 'Makes a token. For ADMIN. It is in the audit log.',
    args: { input: t.arg({ type: CreateTokenInput, required: true, description: 'What it is for.' }) },
    resolve: (_root, { input }, { parts, caller }) =>
      orRefused(['FORBIDDEN', 'BAD_USER_INPUT', 'CONFLICT'], () =>
        parts.tokens.create(caller, {
          name: input.name,
          role: input.role,
          producer: input.producer ?? null,
          expiresAtMs: input.expiresAt ?? null,
        }),
      ),
  }),
);
