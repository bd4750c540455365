import type { Outcome } from '../canonical/entry.ts'

/** `event.category` and `event.type` of the Elastic Common Schema. */
export interface EcsCategory {
  readonly category: readonly string[]
  readonly type: readonly string[]
}

/**
 * The category and the types of an action, from its words. Only combinations that ECS allows; an action that says nothing
 * known is a call of the product's interface.
 */
export function ecsCategory(action: string, outcome: Outcome): EcsCategory {
  const words = action.split(/[._-]/)
  const family = families.find(({ about }) => words.some((word) => about.has(word))) ?? api
  const verb = verbs.find(({ said }) => words.some((word) => said.has(word)))?.type ?? 'info'
  const types = new Set(family.extra(words))
  types.add(family.types.includes(verb) ? verb : 'info')
  if (outcome === 'denied' && family.types.includes('denied')) types.add('denied')
  return { category: [family.category], type: [...types] }
}

interface Family {
  readonly category: string
  readonly about: ReadonlySet<string>
  /** What ECS allows for the category, as far as it is used here. */
  readonly types: readonly string[]
  readonly extra: (words: readonly string[]) => readonly string[]
}

const none = (): readonly string[] => []
const change = ['creation', 'change', 'deletion', 'info']

const api: Family = {
  category: 'api',
  about: new Set(),
  types: ['access', 'admin', 'allowed', 'denied', 'creation', 'change', 'deletion', 'info', 'start', 'end', 'user'],
  extra: none,
}

// The first that fits counts: "user.login" is authentication and not identity management.
const families: readonly Family[] = [
  {
    category: 'authentication',
    about: new Set(['login', 'logout', 'logon', 'logoff', 'signin', 'signout', 'mfa', 'sso', 'token', 'authenticate']),
    types: ['start', 'end', 'info'],
    extra: none,
  },
  {
    category: 'session',
    about: new Set(['session']),
    types: ['start', 'end', 'info'],
    extra: none,
  },
  {
    category: 'iam',
    about: new Set([
      'user',
      'users',
      'role',
      'roles',
      'group',
      'groups',
      'member',
      'permission',
      'account',
      'identity',
    ]),
    types: [...change, 'admin', 'group', 'user'],
    extra: (words) => (words.some((word) => word.startsWith('group')) ? ['group'] : ['user']),
  },
  {
    category: 'configuration',
    about: new Set([
      'setting',
      'settings',
      'config',
      'configuration',
      'policy',
      'policies',
      'key',
      'keys',
      'integration',
      'checkpoint',
      'sink',
    ]),
    types: ['access', ...change],
    extra: none,
  },
  {
    category: 'file',
    about: new Set(['export', 'download', 'upload', 'file', 'files', 'report']),
    types: ['access', ...change],
    extra: none,
  },
]

const verbs: readonly { readonly type: string; readonly said: ReadonlySet<string> }[] = [
  { type: 'start', said: new Set(['login', 'logon', 'signin', 'started', 'start', 'begin']) },
  { type: 'end', said: new Set(['logout', 'logoff', 'signout', 'completed', 'ended', 'finished', 'end', 'revoked']) },
  { type: 'deletion', said: new Set(['delete', 'deleted', 'remove', 'removed', 'purge', 'purged', 'destroyed']) },
  {
    type: 'creation',
    said: new Set(['create', 'created', 'add', 'added', 'invite', 'invited', 'register', 'registered']),
  },
  {
    type: 'change',
    said: new Set([
      'update',
      'updated',
      'change',
      'changed',
      'set',
      'assign',
      'assigned',
      'grant',
      'granted',
      'enable',
      'enabled',
      'disable',
      'disabled',
      'acknowledged',
      'rotated',
      'edited',
      'accepted',
    ]),
  },
  {
    type: 'access',
    said: new Set([
      'read',
      'view',
      'viewed',
      'list',
      'listed',
      'export',
      'exported',
      'download',
      'downloaded',
      'query',
      'queried',
    ]),
  },
]
