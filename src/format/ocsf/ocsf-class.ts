import type { Session, SessionProtocol } from '../../model/session.ts';

/** The release of the Open Cybersecurity Schema Framework that these events are of: https://schema.ocsf.io/1.8.0. */
export const OCSF_VERSION = '1.8.0';

const categories = {
  3: 'Identity & Access Management',
  4: 'Network Activity',
  6: 'Application Activity',
} as const;

const classes = {
  authentication: { uid: 3002, name: 'Authentication', category: 3 },
  network: { uid: 4001, name: 'Network Activity', category: 4 },
  http: { uid: 4002, name: 'HTTP Activity', category: 4 },
  ssh: { uid: 4007, name: 'SSH Activity', category: 4 },
  api: { uid: 6003, name: 'API Activity', category: 6 },
  datastore: { uid: 6005, name: 'Datastore Activity', category: 6 },
} as const;
export type OcsfClass = keyof typeof classes;

/** What a class calls an activity. 99 is whatever it has no number for. */
export type OcsfActivity = { readonly class: OcsfClass; readonly id: number; readonly name: string };

const classOfProtocol: Readonly<Record<SessionProtocol, OcsfClass>> = {
  SSH: 'ssh',
  DATABASE: 'datastore',
  HTTP: 'http',
  KUBERNETES: 'api',
  TCP: 'network',
};

/** The class that a session's protocol has. */
export const classOf = ({ protocol }: Pick<Session, 'protocol'>): OcsfClass => classOfProtocol[protocol];

/** The attributes that classify an event; type_uid is the class and the activity in one number. */
export const classification = ({ class: name, id, name: activity }: OcsfActivity) => {
  const { uid, name: className, category } = classes[name];
  return {
    activity_id: id,
    activity_name: activity,
    category_uid: category,
    category_name: categories[category],
    class_uid: uid,
    class_name: className,
    type_uid: uid * 100 + id,
    type_name: `${className}: ${id === 99 ? 'Other' : activity}`,
  };
};

/** An activity that the class has no number for. */
export const otherActivity = (ofClass: OcsfClass, name: string): OcsfActivity => ({ class: ofClass, id: 99, name });
