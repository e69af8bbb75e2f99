import { NodeRef, writeGlobalId } from './node.ts';
import { UserRef } from './refs.ts';

UserRef.implement({
  description: 'An identity that opened sessions, as known today.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Global id, for node. Opaque.', resolve: (user) => writeGlobalId('User', user.identity) }),
    identity: t.exposeString('identity', {
      description: 'What names the user within this log: the email where there is one, else what the protocol gave.',
    }),
    email: t.exposeString('email', { nullable: true, description: 'Null when none is known.' }),
    name: t.exposeString('name', { nullable: true, description: 'Name for people; null when none is known.' }),
    picture: t.exposeString('picture', { nullable: true, description: 'URL of a picture; null when none is known.' }),
    sub: t.exposeString('sub', {
      nullable: true,
      description: 'Subject at the identity provider; null when the user did not come through one.',
    }),
    nickname: t.exposeString('nickname', { nullable: true, description: 'Null when none is known.' }),
    isServiceAccount: t.exposeBoolean('isServiceAccount', {
      description: 'Whether it is a program rather than a person.',
    }),
  }),
});
