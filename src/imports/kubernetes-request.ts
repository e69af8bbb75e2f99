import type { KubernetesAuditEvent } from '../format/kubernetes-audit/audit-event.ts';

const methods: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
  post: 'POST',
  put: 'PUT',
  head: 'HEAD',
  options: 'OPTIONS',
};

/** The HTTP method of a verb; null for one that is of no API of Kubernetes. */
export const methodOf = (verb: string): string | null =>
  Object.hasOwn(methods, verb.toLowerCase()) ? (methods[verb.toLowerCase()] ?? null) : null;

/** Parts of a pod through which people reach into it. */
const terminals: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

/**
 * What a request that was let into a pod did there, for people: `exec in pod default/nginx: bash`. Null for every other
 * request, and for stages in which it is not known yet.
 */
export const terminalOf = ({ object, requestUri, stage, status }: KubernetesAuditEvent): string | null => {
  const { resource, subresource, namespace, name } = object;
  if (resource !== 'pods' || subresource === null || !terminals.has(subresource)) return null;
  const isIn = status === 101 || (stage === 'ResponseComplete' && status !== null && status < 400);
  if (!isIn) return null;
  const query = new URLSearchParams(requestUri.split('?')[1] ?? '');
  const command = query.getAll('command').join(' ');
  return `${subresource} in pod ${namespace ?? ''}/${name ?? ''}${command === '' ? '' : `: ${command}`}`;
};
