import { type ActionVerb, verbOf } from './action-verb.ts'
import { remembering } from './remembering.ts'

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
 * `event.category` and `event.type` of the Elastic Common Schema, as members of a JSON object, for an action, from its words.
 * Only combinations that ECS allows; an action that says nothing known is a call of the product's interface.
 */
export function formatEcsCategory(action: string, outcome: string): string {
  return (outcome === '"denied"' ? ofDenied : ofOthers)(action)
}

const ofDenied = remembering((action) => findCategory(action, true))
const ofOthers = remembering((action) => findCategory(action, false))

function findCategory(action: string, denied: boolean): string {
  const words = (JSON.parse(action) as string).split(/[._-]/)
  const places = words.flatMap((word) => familyOfWord.get(word) ?? [])
  const family = families[Math.min(...places)] ?? api
  const verb = typeOfVerb[verbOf(words.join('.'))]
  const types = [family.types.includes(verb) ? verb : 'info']
  if (family.category === 'iam') types.push(words.some((word) => word.startsWith('group')) ? 'group' : 'user')
  if (denied && family.types.includes('denied')) types.push('denied')
  return `"category":${JSON.stringify([family.category])},"type":${JSON.stringify(types)}`
}
