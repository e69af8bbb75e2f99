import type { PayloadOf } from '../../model/event-shapes.ts';
import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';
import { secondsOf, type ShapedEvent } from './shaped-event.ts';

const requestIdDescription = 'Pairs a request with its response, within the recording.';

/** Fields that are a text, or null where the request has none. */
const texts = {
  method: 'The HTTP method; null when nobody knows.',
  apiGroup: 'API group of the resource; null for the core group, or where no resource is asked for.',
  apiVersion: "The group's version, such as v1; null where no resource is asked for.",
  resource: 'Such as pods; null where no resource is asked for.',
  subresource: 'Such as exec or log; null when there is none.',
  namespace: 'Namespace of the resource; null for what is in none.',
  name: 'Name of the object; null when many are asked for.',
} as const satisfies Partial<Record<keyof PayloadOf<'k8s'>, string>>;

const KubernetesRequestRef = builder.objectRef<ShapedEvent<'k8s'>>('KubernetesRequest').implement({
  description: 'A request was sent to a Kubernetes API server.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    requestId: t.string({ description: requestIdDescription, resolve: ({ payload }) => payload.requestId }),
    verb: t.string({
      description: 'The verb of the API (get, list, watch, create …), not the HTTP method.',
      resolve: ({ payload }) => payload.verb,
    }),
    uri: t.string({
      description: 'Path and query, as they were sent.',
      resolve: ({ payload }) => payload.uri,
    }),
  }),
});

for (const name of ['method', 'apiGroup', 'apiVersion', 'resource', 'subresource', 'namespace', 'name'] as const) {
  builder.objectField(KubernetesRequestRef, name, (t) =>
    t.string({ nullable: true, description: texts[name], resolve: ({ payload }) => payload[name] }),
  );
}

builder.objectRef<ShapedEvent<'k8sr'>>('KubernetesResponse').implement({
  description: 'A Kubernetes API server answered a request.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    requestId: t.string({ description: requestIdDescription, resolve: ({ payload }) => payload.requestId }),
    status: t.int({
      nullable: true,
      description: 'The HTTP status; null when no answer came.',
      resolve: ({ payload }) => payload.status,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why it was refused, in the words of the server; null when it was not.',
      resolve: ({ payload }) => payload.reason,
    }),
    duration: t.float({
      nullable: true,
      description: 'Seconds since the request; null when nobody knows.',
      resolve: ({ payload }) => secondsOf(payload.durationMs),
    }),
  }),
});
