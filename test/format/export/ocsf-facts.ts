/**
 * What the Open Cybersecurity Schema Framework 1.8.0 says of the classes and objects that are used here. Source: the release
 * 1.8.0 of github.com/ocsf/ocsf-schema: events/{base_event,network/*,application/*,iam/*}.json, objects/*.json and
 * dictionary.json, which https://schema.ocsf.io/1.8.0 shows.
 */
export const ocsfVersion = '1.8.0';

type ClassFacts = {
  readonly name: string;
  readonly category: number;
  /** Beside those of every event. */
  readonly required: readonly string[];
  readonly atLeastOne: readonly string[];
  /** Beside 0 (Unknown) and 99 (Other). */
  readonly activities: Readonly<Record<number, string>>;
};

/** Of base_event: what every event must have. */
export const requiredOfAll = [
  'activity_id',
  'category_uid',
  'class_uid',
  'metadata',
  'severity_id',
  'time',
  'type_uid',
] as const;

const traffic = { 1: 'Open', 2: 'Close', 3: 'Reset', 4: 'Fail', 5: 'Refuse', 6: 'Traffic', 7: 'Listen' };
const endpoints = ['dst_endpoint', 'src_endpoint'];

export const classFacts: Readonly<Record<number, ClassFacts>> = {
  3002: {
    name: 'Authentication',
    category: 3,
    required: ['user'],
    atLeastOne: ['service', 'dst_endpoint'],
    activities: {
      1: 'Logon',
      2: 'Logoff',
      3: 'Authentication Ticket',
      4: 'Service Ticket Request',
      5: 'Service Ticket Renew',
      6: 'Preauth',
      7: 'Account Switch',
    },
  },
  4001: { name: 'Network Activity', category: 4, required: [], atLeastOne: endpoints, activities: traffic },
  4002: {
    name: 'HTTP Activity',
    category: 4,
    required: [],
    atLeastOne: ['http_request', 'http_response'],
    activities: {
      1: 'Connect',
      2: 'Delete',
      3: 'Get',
      4: 'Head',
      5: 'Options',
      6: 'Post',
      7: 'Put',
      8: 'Trace',
      9: 'Patch',
    },
  },
  4007: { name: 'SSH Activity', category: 4, required: [], atLeastOne: endpoints, activities: traffic },
  6003: {
    name: 'API Activity',
    category: 6,
    required: ['actor', 'api', 'src_endpoint'],
    atLeastOne: [],
    activities: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' },
  },
  6005: {
    name: 'Datastore Activity',
    category: 6,
    required: ['actor', 'src_endpoint'],
    atLeastOne: ['database', 'databucket', 'table'],
    activities: {
      1: 'Read',
      2: 'Update',
      3: 'Connect',
      4: 'Query',
      5: 'Write',
      6: 'Create',
      7: 'Delete',
      8: 'List',
      9: 'Encrypt',
      10: 'Decrypt',
    },
  },
};

/** Values of enumerations of all classes. */
export const enumFacts: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  severity_id: {
    0: 'Unknown',
    1: 'Informational',
    2: 'Low',
    3: 'Medium',
    4: 'High',
    5: 'Critical',
    6: 'Fatal',
    99: 'Other',
  },
  status_id: { 0: 'Unknown', 1: 'Success', 2: 'Failure', 99: 'Other' },
};

type ObjectFacts = {
  readonly required: readonly string[];
  readonly atLeastOne: readonly string[];
  /** Types of the attributes that are used here: an attribute that does not stand here must not be written. */
  readonly attributes: Readonly<Record<string, string>>;
};

const entity = ['name', 'uid'];
const endpointNames = [
  'ip',
  'uid',
  'name',
  'hostname',
  'svc_name',
  'instance_uid',
  'interface_uid',
  'interface_name',
  'domain',
];

export const objectFacts: Readonly<Record<string, ObjectFacts>> = {
  event: {
    required: requiredOfAll,
    atLeastOne: [],
    attributes: {
      activity_id: 'integer_t',
      activity_name: 'string_t',
      category_uid: 'integer_t',
      category_name: 'string_t',
      class_uid: 'integer_t',
      class_name: 'string_t',
      type_uid: 'long_t',
      type_name: 'string_t',
      time: 'timestamp_t',
      severity_id: 'integer_t',
      severity: 'string_t',
      status_id: 'integer_t',
      status: 'string_t',
      status_detail: 'string_t',
      status_code: 'string_t',
      message: 'string_t',
      start_time: 'timestamp_t',
      end_time: 'timestamp_t',
      duration: 'long_t',
      count: 'integer_t',
      metadata: 'metadata',
      actor: 'actor',
      user: 'user',
      src_endpoint: 'network_endpoint',
      dst_endpoint: 'network_endpoint',
      http_request: 'http_request',
      http_response: 'http_response',
      api: 'api',
      resources: 'resource_details[]',
      database: 'database',
      query_info: 'query_info',
      type_id: 'integer_t',
      type: 'string_t',
      unmapped: 'object',
    },
  },
  metadata: {
    required: ['product', 'version'],
    atLeastOne: [],
    attributes: {
      version: 'string_t',
      product: 'product',
      uid: 'string_t',
      correlation_uid: 'string_t',
      profiles: 'string_t[]',
    },
  },
  product: {
    required: [],
    atLeastOne: entity,
    attributes: { name: 'string_t', vendor_name: 'string_t', version: 'string_t' },
  },
  actor: {
    required: [],
    atLeastOne: ['process', 'user', 'invoked_by', 'session', 'app_name', 'app_uid'],
    attributes: { user: 'user', session: 'session' },
  },
  user: {
    required: [],
    atLeastOne: ['account', 'name', 'uid'],
    attributes: {
      name: 'string_t',
      uid: 'string_t',
      full_name: 'string_t',
      email_addr: 'email_t',
      type_id: 'integer_t',
      type: 'string_t',
    },
  },
  session: {
    required: [],
    atLeastOne: [],
    attributes: { uid: 'string_t', created_time: 'timestamp_t', is_remote: 'boolean_t' },
  },
  network_endpoint: {
    required: [],
    atLeastOne: endpointNames,
    attributes: {
      ip: 'ip_t',
      name: 'string_t',
      port: 'port_t',
      svc_name: 'string_t',
      uid: 'string_t',
      location: 'location',
    },
  },
  location: {
    required: [],
    atLeastOne: ['city', 'country', 'postal_code', 'region'],
    attributes: { city: 'string_t', region: 'string_t', country: 'string_t', lat: 'float_t', long: 'float_t' },
  },
  http_request: {
    required: [],
    atLeastOne: [],
    attributes: {
      uid: 'string_t',
      http_method: 'http_method',
      url: 'url',
      version: 'string_t',
      user_agent: 'string_t',
      referrer: 'string_t',
      body_length: 'integer_t',
    },
  },
  http_response: {
    required: ['code'],
    atLeastOne: [],
    attributes: { code: 'integer_t', message: 'string_t', latency: 'integer_t', body_length: 'integer_t' },
  },
  url: { required: [], atLeastOne: ['url_string', 'path'], attributes: { url_string: 'string_t' } },
  api: {
    required: ['operation'],
    atLeastOne: [],
    attributes: {
      operation: 'string_t',
      service: 'service',
      version: 'string_t',
      group: 'group',
      request: 'request',
      response: 'response',
    },
  },
  service: { required: [], atLeastOne: entity, attributes: { name: 'string_t' } },
  group: { required: [], atLeastOne: entity, attributes: { name: 'string_t' } },
  request: { required: ['uid'], atLeastOne: [], attributes: { uid: 'string_t' } },
  response: { required: [], atLeastOne: [], attributes: { code: 'integer_t', message: 'string_t' } },
  resource_details: {
    required: [],
    atLeastOne: entity,
    attributes: { name: 'string_t', namespace: 'string_t', type: 'string_t' },
  },
  database: {
    required: ['type_id'],
    atLeastOne: entity,
    attributes: { name: 'string_t', type_id: 'integer_t', type: 'string_t' },
  },
  query_info: { required: ['query_string'], atLeastOne: [], attributes: { query_string: 'string_t', uid: 'string_t' } },
};

const isText = (value: unknown): boolean => typeof value === 'string';

/** What the dictionary says that values of a type are. */
export const typeFacts: Readonly<Record<string, (value: unknown) => boolean>> = {
  string_t: isText,
  boolean_t: (value) => typeof value === 'boolean',
  integer_t: Number.isSafeInteger,
  long_t: Number.isSafeInteger,
  float_t: Number.isFinite,
  /** Milliseconds since the epoch. */
  timestamp_t: Number.isSafeInteger,
  port_t: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  ip_t: (value) => isText(value) && /^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%.+)?)$/.test(String(value)),
  email_t: (value) =>
    isText(value) && /^[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/.test(String(value)),
  http_method: (value) =>
    ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'].includes(String(value)),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
