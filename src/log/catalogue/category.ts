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
  // A database in ECS is somebody else's server.
  data: ['api'],
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
  data: {
    create: ['creation'],
    read: ['access'],
    change: ['change'],
    enable: ['change'],
    disable: ['change'],
    delete: ['deletion'],
    start: ['start'],
    end: ['end'],
  },
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
  const logon = { class_uid: 3002, activity_id: verb === 'start' ? 1 : 2 } as const
  return {
    subject,
    verb,
    ecs: { category: ecsCategory[subject], type: ecsTypes[subject][verb] ?? ['info'] },
    ocsf:
      session && (verb === 'start' || verb === 'end')
        ? { ...logon, withoutAddress: logon }
        : { class_uid: 6003, activity_id: ocsfApiActivity[verb] ?? ocsfOther, withoutAddress: entity },
    cim: session
      ? { model: 'Authentication', action: null, change_type: null }
      : { model: 'Change', action: cimAction[verb], change_type: subject === 'account' ? 'AAA' : subject },
    asim: { EventType: session ? 'Other' : asimEventType[verb] },
  }
}

// The first that fits counts: `user.login` is about a session and not about an account.
const subjectWords: Partial<Readonly<Record<EventSubject, string>>> = {
  session: 'login logout logon logoff signin signout authenticate authenticated mfa sso token session sessions',
  account: 'user users role roles group groups member members permission permissions account accounts identity',
  configuration: 'setting settings config configuration policy policies key keys integration integrations',
  file: 'export download upload file files report reports',
}
const verbWords: Partial<Readonly<Record<EventVerb, string>>> = {
  create: 'create created add added register registered invite invited import imported upload uploaded open opened',
  read: 'read view viewed list listed get search searched query queried export exported download downloaded access accessed',
  change:
    'update updated change changed set edit edited modify modified rename renamed rotate rotated renew renewed reset apply applied resolve resolved assess assessed close closed grant granted assign assigned attach attached allow allowed revoke revoked unassign unassigned detach detached install installed deploy deployed',
  delete:
    'delete deleted remove removed destroy destroyed purge purged expire expired clear cleared truncate truncated',
  enable: 'enable enabled activate activated resume resumed restore restored unlock unlocked',
  disable: 'disable disabled deactivate deactivated suspend suspended archive archived lock locked',
  start: 'start started run ran execute executed test tested',
  end: 'complete completed finish finished fail failed stop stopped end ended',
}
const signIn = new Set('login logon signin authenticate authenticated'.split(' '))
const signOut = new Set('logout logoff signout'.split(' '))

const byWord = <Name extends string>(words: Partial<Readonly<Record<Name, string>>>): ReadonlyMap<string, Name> =>
  new Map(
    Object.entries<string | undefined>(words).flatMap(([name, list = '']) =>
      list.split(' ').map((word): [string, Name] => [word, name as Name]),
    ),
  )
const subjectOfWord = byWord(subjectWords)
const verbOfWord = byWord(verbWords)

/**
 * The places of an action that no catalogue has, judged by its words: the last one that says what was done, as in
 * `invoice.created`; a login stays one whatever comes after it, as in `login.failed`.
 */
export function guessCategory(action: string): SiemCategory {
  const words = action.split(/[._-]/)
  const about = new Set(words.map((word) => subjectOfWord.get(word)))
  const subject = (Object.keys(subjectWords) as EventSubject[]).find((name) => about.has(name)) ?? 'data'
  if (words.some((word) => signIn.has(word))) return siemCategory(subject, 'start')
  if (words.some((word) => signOut.has(word))) return siemCategory(subject, 'end')
  return siemCategory(
    subject,
    words.map((word) => verbOfWord.get(word)).findLast((verb) => verb !== undefined) ?? 'info',
  )
}
