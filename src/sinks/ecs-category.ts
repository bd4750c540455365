import type { Outcome } from '../canonical/entry.ts'
import { type ActionVerb, verbOf } from './action-verb.ts'
import { remembering } from './remembering.ts'

/** `event.category` and `event.type` of the Elastic Common Schema. */
export interface EcsCategory {
  readonly category: readonly string[]
  readonly type: readonly string[]
}

interface Family {
  readonly category: string
  /** Words of an action that belong to it. */
  readonly words: string
  /** The types that ECS allows for the category, as far as they are used here. */
  readonly types: readonly string[]
}

const changes = ['creation', 'change', 'deletion', 'info']

// The first that fits counts: "user.login" is authentication and not identity management.
const families: readonly Family[] = [
  {
    category: 'authentication',
    words: 'login logout logon logoff signin signout authenticate authenticated mfa sso token',
    types: ['start', 'end', 'info'],
  },
  { category: 'session', words: 'session sessions', types: ['start', 'end', 'info'] },
  {
    category: 'iam',
    words: 'user users role roles group groups member members permission permissions account accounts identity',
    types: [...changes, 'admin', 'group', 'user'],
  },
  {
    category: 'configuration',
    words: 'setting settings config configuration policy policies key keys integration integrations',
    types: ['access', ...changes],
  },
  { category: 'file', words: 'export download upload file files report reports', types: ['access', ...changes] },
]
const api: Family = { category: 'api', words: '', types: ['access', 'denied', 'start', 'end', ...changes] }
const familyOfWord: ReadonlyMap<string, number> = new Map(
  families.flatMap(({ words }, place) => words.split(' ').map((word): [string, number] => [word, place])),
)

const typeOfVerb: Readonly<Record<ActionVerb, string>> = {
  create: 'creation',
  read: 'access',
  update: 'change',
  delete: 'deletion',
  enable: 'change',
  disable: 'change',
  lock: 'change',
  unlock: 'change',
  grant: 'change',
  revoke: 'change',
  login: 'start',
  logout: 'end',
  execute: 'info',
  install: 'change',
  clear: 'deletion',
  other: 'info',
}

/**
 * The category and the types of an action, from its words. Only combinations that ECS allows; an action that says nothing
 * known is a call of the product's interface.
 */
export function ecsCategory(action: string, outcome: Outcome): EcsCategory {
  return categoryOf[outcome](action)
}

const categoryOf: Readonly<Record<Outcome, (action: string) => EcsCategory>> = {
  success: remembering((action) => findCategory(action, 'success')),
  failure: remembering((action) => findCategory(action, 'failure')),
  denied: remembering((action) => findCategory(action, 'denied')),
}

function findCategory(action: string, outcome: Outcome): EcsCategory {
  const words = action.split(/[._-]/)
  const places = words.flatMap((word) => familyOfWord.get(word) ?? [])
  const family = families[Math.min(...places)] ?? api
  const verb = typeOfVerb[verbOf(action)]
  const types = [family.types.includes(verb) ? verb : 'info']
  if (family.category === 'iam') types.push(words.some((word) => word.startsWith('group')) ? 'group' : 'user')
  if (outcome === 'denied' && family.types.includes('denied')) types.push('denied')
  return { category: [family.category], type: types }
}
