/** What an event is about, in one word. */
export type EventSubject = 'session' | 'account' | 'configuration' | 'process' | 'data' | 'file'

/** What was done, in one word. */
export type EventVerb = 'create' | 'read' | 'change' | 'delete' | 'enable' | 'disable' | 'start' | 'end' | 'info'

/** Where an event belongs in the vocabularies of the SIEMs. */
export interface SiemCategory {
  readonly subject: EventSubject
  readonly verb: EventVerb
  /** Elastic Common Schema: `event.category` and `event.type`. */
  readonly ecs: { readonly category: readonly string[]; readonly type: readonly string[] }
  /**
   * OCSF: Authentication (3002), Entity Management (3004) or API Activity (6003), and the activity in it. API Activity
   * needs the address of the client: without one, use Entity Management with `withoutAddress`.
   */
  readonly ocsf: {
    readonly class_uid: 3002 | 3004 | 6003
    readonly activity_id: number
    readonly withoutAddress: { readonly class_uid: 3002 | 3004; readonly activity_id: number }
  }
  /** Splunk Common Information Model: the data model, the value of `action` in it and of `change_type`. */
  readonly cim: {
    readonly model: 'Authentication' | 'Change'
    readonly action: string | null
    readonly change_type: string | null
  }
  /** Microsoft ASIM audit events: `EventType`. */
  readonly asim: { readonly EventType: string }
}

const ecsCategory: Readonly<Record<EventSubject, readonly string[]>> = {
  session: ['authentication', 'session'],
  account: ['iam'],
  configuration: ['configuration'],
  process: ['process'],
  data: ['database'],
  file: ['file'],
}

// ECS allows each category its own types only; what is not in the list of one is recorded as info.
const ecsTypes: Readonly<Record<EventSubject, Partial<Readonly<Record<EventVerb, readonly string[]>>>>> = {
  session: { start: ['start'], end: ['end'] },
  account: {
    create: ['user', 'creation'],
    change: ['user', 'change'],
    enable: ['user', 'change'],
    disable: ['user', 'change'],
    delete: ['user', 'deletion'],
  },
  configuration: {
    create: ['creation'],
    read: ['access'],
    change: ['change'],
    enable: ['change'],
    disable: ['change'],
    delete: ['deletion'],
  },
  process: { read: ['access'], change: ['change'], start: ['start'], end: ['end'] },
  data: { read: ['access'], create: ['change'], change: ['change'], delete: ['change'] },
  file: { read: ['access'], create: ['creation'], change: ['change'], delete: ['deletion'] },
}

const ocsfEntityActivity: Partial<Readonly<Record<EventVerb, number>>> = {
  create: 1,
  read: 2,
  change: 3,
  delete: 4,
  enable: 8,
  disable: 9,
}
const ocsfApiActivity: Partial<Readonly<Record<EventVerb, number>>> = { create: 1, read: 2, change: 3, delete: 4 }
const ocsfOther = 99

// The values that CIM prescribes for `action` in Change.
const cimAction: Readonly<Record<EventVerb, string | null>> = {
  create: 'created',
  read: 'read',
  change: 'modified',
  delete: 'deleted',
  enable: 'modified',
  disable: 'modified',
  start: 'started',
  end: 'stopped',
  info: null,
}

const asimEventType: Readonly<Record<EventVerb, string>> = {
  create: 'Create',
  read: 'Read',
  change: 'Set',
  delete: 'Delete',
  enable: 'Enable',
  disable: 'Disable',
  start: 'Execute',
  end: 'Other',
  info: 'Other',
}

/** The places of a subject and verb. */
export function siemCategory(subject: EventSubject, verb: EventVerb): SiemCategory {
  const entity = { class_uid: 3004, activity_id: ocsfEntityActivity[verb] ?? ocsfOther } as const
  const session = subject === 'session'
  const logon = { class_uid: 3002, activity_id: verb === 'start' ? 1 : verb === 'end' ? 2 : ocsfOther } as const
  return {
    subject,
    verb,
    ecs: { category: ecsCategory[subject], type: ecsTypes[subject][verb] ?? ['info'] },
    ocsf: session
      ? { ...logon, withoutAddress: logon }
      : { class_uid: 6003, activity_id: ocsfApiActivity[verb] ?? ocsfOther, withoutAddress: entity },
    cim: session
      ? { model: 'Authentication', action: null, change_type: null }
      : { model: 'Change', action: cimAction[verb], change_type: subject === 'account' ? 'AAA' : subject },
    asim: { EventType: asimEventType[verb] },
  }
}

const verbsOfWords: Readonly<Record<string, EventVerb>> = {
  created: 'create',
  added: 'create',
  imported: 'create',
  updated: 'change',
  changed: 'change',
  modified: 'change',
  set: 'change',
  renewed: 'change',
  applied: 'change',
  deleted: 'delete',
  removed: 'delete',
  revoked: 'delete',
  purged: 'delete',
  read: 'read',
  viewed: 'read',
  listed: 'read',
  exported: 'read',
  downloaded: 'read',
  searched: 'read',
  enabled: 'enable',
  disabled: 'disable',
  started: 'start',
  completed: 'end',
  finished: 'end',
  stopped: 'end',
  failed: 'end',
  ended: 'end',
}

/** The places of an action that no catalogue has, judged by its last word: `invoice.created` creates something. */
export function guessCategory(action: string): SiemCategory {
  const last = action.split(/[._-]/).at(-1) ?? ''
  return siemCategory('data', Object.hasOwn(verbsOfWords, last) ? (verbsOfWords[last] ?? 'info') : 'info')
}
