import { auditActions } from '../../model/audit.ts';
import { NodeRef, writeGlobalId } from './node.ts';
import { AuditEntryRef } from './refs.ts';

AuditEntryRef.implement({
  description:
    'That somebody did something here. Entries are only ever added, and each is bound to the one before it: reeltime audit verify finds whatever was changed.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description: 'Global id, for node. Opaque.',
      resolve: (entry) => writeGlobalId('AuditEntry', entry.entryId),
    }),
    position: t.field({
      type: 'SafeInt',
      description: 'Its number in the log, from 1, without a hole.',
      resolve: (entry) => entry.position,
    }),
    at: t.field({ type: 'DateTime', description: 'When.', resolve: (entry) => entry.atMs }),
    actor: t.exposeString('actor', {
      description:
        'Name of the user or token that did it; of somebody who was forgotten, the pseudonym that is left: 32 hexadecimal digits.',
    }),
    credential: t.exposeString('credential', {
      description:
        'What the access stood on: token or sign-in and its id, or jwt, proxy, or process for the machine itself.',
    }),
    action: t.exposeString('action', { description: `What they did: ${auditActions.join(', ')}.` }),
    target: t.exposeString('target', {
      nullable: true,
      description: 'What it was done to, such as session and its UUID; null when it was about nothing in particular.',
    }),
    ip: t.exposeString('ip', {
      nullable: true,
      description: 'The address that they came from; null on the machine itself, and when they were forgotten.',
    }),
    client: t.exposeString('client', {
      nullable: true,
      description: 'What their program called itself; null when it said nothing, and when they were forgotten.',
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: "The request's id, as it stands in the server's log; null when it was no request.",
    }),
    details: t.expose('details', {
      type: 'JSON',
      nullable: true,
      description: 'More of it, such as the words that were searched; null when there is none.',
    }),
    hash: t.string({
      description: 'SHA-256 over the entry before it and this one, in lower-case hexadecimal digits.',
      resolve: (entry) => Buffer.from(entry.hash).toString('hex'),
    }),
  }),
});
