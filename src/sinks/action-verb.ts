import { remembering } from './remembering.ts'

/**
 * What kind of change an action is, in the words that the event schemas of SIEMs have in common. `other` when none of the
 * action's words says it.
 */
export type ActionVerb =
  | 'create'
  | 'read'
  | 'update'
  | 'delete'
  | 'enable'
  | 'disable'
  | 'lock'
  | 'unlock'
  | 'grant'
  | 'revoke'
  | 'login'
  | 'logout'
  | 'execute'
  | 'install'
  | 'clear'
  | 'other'

const vocabulary: Readonly<Record<Exclude<ActionVerb, 'other'>, string>> = {
  create: 'create created add added register registered invite invited import imported upload uploaded open opened',
  read: 'read view viewed list listed get search searched query queried export exported download downloaded access accessed',
  update:
    'update updated change changed set edit edited modify modified rename renamed rotate rotated reset resolve resolved assess assessed close closed',
  delete: 'delete deleted remove removed destroy destroyed purge purged expire expired',
  enable: 'enable enabled activate activated resume resumed restore restored',
  disable: 'disable disabled deactivate deactivated suspend suspended archive archived',
  lock: 'lock locked',
  unlock: 'unlock unlocked',
  grant: 'grant granted assign assigned attach attached allow allowed',
  revoke: 'revoke revoked unassign unassigned detach detached',
  login: 'login logon signin authenticate authenticated',
  logout: 'logout logoff signout',
  execute:
    'execute executed run ran start started stop stopped complete completed finish finished fail failed test tested',
  install: 'install installed deploy deployed',
  clear: 'clear cleared truncate truncated',
}
const verbOfWord: ReadonlyMap<string, ActionVerb> = new Map(
  Object.entries(vocabulary).flatMap(([verb, words]) => words.split(' ').map((word) => [word, verb as ActionVerb])),
)

/**
 * The verb of an action: its last word that is one, as in `user.role.updated` or `login.failed` (a login: what comes after
 * says how it ended).
 */
export const verbOf: (action: string) => ActionVerb = remembering(findVerb)

function findVerb(action: string): ActionVerb {
  const verbs = action.split(/[._-]/).map((word) => verbOfWord.get(word))
  if (verbs.includes('login')) return 'login'
  if (verbs.includes('logout')) return 'logout'
  return verbs.findLast((verb) => verb !== undefined) ?? 'other'
}

/** A target such as `user:42` in its two halves. The type is null when there is no colon in it. */
export function splitTarget(target: string): { readonly type: string | null; readonly id: string } {
  const match = /^([A-Za-z][A-Za-z0-9._-]*):(.+)$/s.exec(target)
  return match === null ? { type: null, id: target } : { type: match[1] ?? null, id: match[2] ?? target }
}
