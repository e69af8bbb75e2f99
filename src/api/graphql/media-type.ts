/** What an answer that is one JSON text may be called: GraphQL over HTTP section 4.1. */
export type JsonMediaType = 'application/json' | 'application/graphql-response+json';

/**
 * What a client that sent this Accept header wants its answer called: of what it names, the first that is one of ours. Null when
 * that is no JSON text, or none of ours at all.
 */
export const jsonMediaTypeFor = (accept: string | undefined): JsonMediaType | null => {
  if (accept === undefined || accept === '*/*') return 'application/json';
  for (const part of accept.toLowerCase().split(',')) {
    const [type = '', ...params] = part.split(';').map((text) => text.trim());
    if (params.some((param) => param.startsWith('charset=') && param !== 'charset=utf-8')) continue;
    if (type === 'application/graphql-response+json') return type;
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json';
    if (type === 'text/event-stream' || type.startsWith('multipart/')) return null;
  }
  return null;
};
