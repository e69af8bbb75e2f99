import type { Recording, RecordingKind } from '../../model/recording.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';
import { RecordingRef } from './refs.ts';

const formats = ['MSGPACK_ZSTD', 'MSGPACK', 'ASCIICAST_V2', 'ASCIICAST_V3', 'NDJSON', 'HAR'] as const;
type Format = (typeof formats)[number];

const RecordingFormatEnum = builder.enumType('RecordingFormat', {
  description: 'A format in which a recording can be downloaded.',
  values: {
    MSGPACK_ZSTD: {
      description: 'The stored file as it is: zstd frames, with its header, hashes, seal and signature.',
    },
    MSGPACK: { description: 'The stored events as msgpack arrays.' },
    ASCIICAST_V2: { description: 'asciicast v2, which asciinema plays. Terminals only.' },
    ASCIICAST_V3: { description: 'asciicast v3, which asciinema 3 plays. Terminals only.' },
    NDJSON: { description: 'One JSON array [seconds, code, …] a line.' },
    HAR: { description: 'HAR 1.2, which browsers and proxies show. HTTP only.' },
  } satisfies Record<Format, object>,
});

const known: Readonly<Record<Format, { readonly extension: string; readonly mediaType: string }>> = {
  MSGPACK_ZSTD: { extension: 'rec.zst', mediaType: 'application/zstd' },
  MSGPACK: { extension: 'msgpack', mediaType: 'application/msgpack' },
  ASCIICAST_V2: { extension: 'cast', mediaType: 'application/x-asciicast' },
  ASCIICAST_V3: { extension: 'v3.cast', mediaType: 'application/x-asciicast' },
  NDJSON: { extension: 'ndjson', mediaType: 'application/x-ndjson' },
  HAR: { extension: 'har', mediaType: 'application/json' },
};

/** Formats of one kind of recording; all others are of every kind. */
const kindOf: Readonly<Partial<Record<Format, RecordingKind>>> = {
  ASCIICAST_V2: 'TERMINAL',
  ASCIICAST_V3: 'TERMINAL',
  HAR: 'HTTP',
};

type Download = { readonly format: Format; readonly mediaType: string; readonly url: string };

const downloadsOf = (recording: Recording): readonly Download[] => {
  if (recording.state === 'EXPIRED' || recording.state === 'ERASED') return [];
  return formats
    .filter((format) => (kindOf[format] ?? recording.kind) === recording.kind)
    .map((format) => {
      const { extension, mediaType } = known[format];
      return { format, mediaType, url: `/recordings/${recording.recordingId}.${extension}` };
    });
};

const RecordingDownloadRef = builder.objectRef<Download>('RecordingDownload').implement({
  description: 'Where a recording can be downloaded in one format, with the same token as here.',
  fields: (t) => ({
    format: t.expose('format', { type: RecordingFormatEnum, description: 'The format.' }),
    mediaType: t.exposeString('mediaType', { description: 'The Content-Type that the download will have.' }),
    url: t.exposeString('url', {
      description: "The address: a path on this server, to be resolved against this API's own.",
    }),
  }),
});

builder.objectField(RecordingRef, 'downloads', (t) =>
  t.field({
    type: [RecordingDownloadRef],
    nullable: true,
    description: 'Every format in which it can be downloaded; empty when its bytes were deleted.',
    resolve: (recording, _arguments, context) => {
      visibilityFor(context, 'read-recording');
      return downloadsOf(recording);
    },
  }),
);
