import type { SessionUser } from '../../model/session.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';
import { UserRef } from './refs.ts';

export const SessionUserRef = builder.objectRef<SessionUser>('SessionUser').implement({
  description: 'Who opened a session, as it was when it began: it does not change when the user does.',
  fields: (t) => ({
    identity: t.exposeString('identity', {
      description:
        'What names the user within this log: the email where there is one, else what the protocol gave (admin, postgres, system:serviceaccount:…).',
    }),
    email: t.exposeString('email', { nullable: true, description: 'Null when the producer knew none.' }),
    name: t.exposeString('name', { nullable: true, description: 'Name for people; null when the producer knew none.' }),
    picture: t.exposeString('picture', {
      nullable: true,
      description: 'URL of a picture; null when the producer knew none.',
    }),
    sub: t.exposeString('sub', {
      nullable: true,
      description: 'Subject at the identity provider; null when the user did not come through one.',
    }),
    nickname: t.exposeString('nickname', { nullable: true, description: 'Null when the producer knew none.' }),
    isServiceAccount: t.exposeBoolean('isServiceAccount', {
      description: 'Whether it is a program rather than a person.',
    }),
    user: t.field({
      type: UserRef,
      description: 'The same user as known today, with all their sessions.',
      resolve: async (user, _arguments, context) =>
        (await context.parts.catalog.user(visibilityFor(context, 'read-metadata'), user.identity)) ?? user,
    }),
  }),
});
