import { isIP } from 'node:net'
import { optionInvalid } from '../option.ts'
import { actionCategory, splitTarget } from './action-category.ts'
import { remembering } from './remembering.ts'
import { detailsText, epochMs, formatEvidence } from './item-text.ts'
import { member, objectMember } from './json-text.ts'
import type { ForwardedEntry, ForwardedNotice, LogItem } from './log-item.ts'
import type { ProductNames } from './product.ts'

// Open Cybersecurity Schema Framework (schema.ocsf.io). An entry becomes an event of the class that says most about it:
//
//   login or logout by somebody       3002 Authentication
//   change of a user                  3001 Account Change; from 1.9.0 on 3007 User Management
//   anything else with an address     6003 API Activity
//   anything else                     3004 Entity Management
//
// raw_data is the hash preimage and raw_data_hash the entry's hash, so each event verifies alone.

/** Versions of the schema that can be written. 1.9.0 is not released yet. */
export type OcsfVersion = '1.8.0' | '1.9.0'

/** A class and the activity in it. */
interface EventClass {
  readonly uid: number
  readonly activity: number
}

const [accountChange, authentication, entityManagement, userManagement, apiActivity] = [3001, 3002, 3004, 3007, 6003]

/** Activities of the classes about users, by verb and by the words that say more than it. */
const userActivities: Readonly<Record<OcsfVersion, Readonly<Record<string, number>>>> = {
  '1.8.0': {
    create: 1,
    enable: 2,
    password_change: 3,
    password_reset: 4,
    disable: 5,
    delete: 6,
    grant: 7,
    revoke: 8,
    role_grant: 7,
    role_revoke: 8,
    lock: 9,
    mfa_enable: 10,
    mfa_disable: 11,
    unlock: 12,
  },
  '1.9.0': {
    create: 1,
    change: 2,
    delete: 3,
    enable: 4,
    disable: 5,
    lock: 6,
    unlock: 7,
    password_change: 8,
    password_reset: 9,
    mfa_enable: 12,
    mfa_disable: 13,
    grant: 14,
    revoke: 15,
    role_grant: 16,
    role_revoke: 17,
  },
}

const otherActivity = 99
/** integer_t holds 32 bits. */
const largestInteger = 2_147_483_647

const statuses = {
  success: '"status_id":1,"status":"Success","severity_id":1',
  failure: '"status_id":2,"status":"Failure","severity_id":2',
  denied: '"status_id":2,"status":"Failure","status_code":"denied","severity_id":2',
} as const

/** Checks that a version is one that can be written. */
export function readOcsfVersion(version: unknown): OcsfVersion {
  if (version === '1.8.0' || version === '1.9.0') return version
  throw optionInvalid('1.8.0 or 1.9.0', '$.ocsfVersion')
}

/** An item as an OCSF event in JSON. */
export function formatOcsf(item: LogItem, names: ProductNames, version: OcsfVersion = '1.8.0'): string {
  return item.kind === 'entry' ? entryEvent(item, names, version) : noticeEvent(item, names, version)
}

function entryEvent(item: ForwardedEntry, names: ProductNames, version: OcsfVersion): string {
  const { entry } = item
  const target = entry.target === null ? null : splitTarget(entry.target)
  const kind = classOf(item, target?.type ?? null, version)
  const sequence = entry.seq <= largestInteger ? `,"sequence":${entry.seq}` : ''
  const actor =
    entry.user_id === null
      ? `{"app_name":${JSON.stringify(names.product)}}`
      : `{"user":{"uid":${JSON.stringify(entry.user_id)}}}`
  return (
    `{${classification(kind, entry.action)},"time":${epochMs(entry.timestamp)}` +
    `,"time_dt":"${entry.timestamp}",${statuses[entry.outcome]}${member('message', entry.action)}` +
    `,"metadata":{${metadata(names, version, entry.id, entry.action, entry.timestamp)}${sequence}` +
    `${member('tenant_uid', entry.tenant_id)}},"actor":${actor}` +
    `${entry.source_ip === null ? '' : `,"src_endpoint":${endpoint(entry.source_ip)}`}${subject(kind, item, target, names)}` +
    `,"unmapped":{${formatEvidence(item)}${member('recorded_by', entry.recorded_by)},"details":${detailsText(item)}}` +
    `,"raw_data":${JSON.stringify(item.line)},"raw_data_hash":{"algorithm_id":3,"algorithm":"SHA-256","value":"${entry.entry_hash}"}}`
  )
}

function noticeEvent(item: ForwardedNotice, names: ProductNames, version: OcsfVersion): string {
  return (
    `{${classification({ uid: 0, activity: otherActivity }, item.action)},"time":${epochMs(item.timestamp)}` +
    `,"time_dt":"${item.timestamp}","severity_id":1${member('message', item.action)}` +
    `,"metadata":{${metadata(names, version, item.id, item.action, item.timestamp)}}` +
    `,"unmapped":${JSON.stringify({ kind: item.kind, details: item.details })}}`
  )
}

function classOf({ entry }: ForwardedEntry, targetType: string | null, version: OcsfVersion): EventClass {
  const { verb, ocsf } = actionCategory(entry.action)
  const { class_uid: uid, activity_id: activity } = entry.source_ip === null ? ocsf.withoutAddress : ocsf
  const isAuthentication = uid === authentication
  if (isAuthentication && entry.user_id !== null) return { uid, activity }
  if ((targetType === 'user' || targetType === 'account') && verb !== 'read' && verb !== 'info') {
    const activities = userActivities[version]
    return {
      uid: version === '1.9.0' ? userManagement : accountChange,
      activity: activities[userActivity(entry.action)] ?? activities[verb] ?? otherActivity,
    }
  }
  // Authentication is somebody's.
  if (isAuthentication)
    return { uid: entry.source_ip === null ? entityManagement : apiActivity, activity: otherActivity }
  return { uid, activity }
}

/** What the class requires of the event besides the actor: members with a comma in front. */
function subject(
  kind: EventClass,
  { entry }: ForwardedEntry,
  target: { readonly type: string | null; readonly id: string } | null,
  names: ProductNames,
): string {
  const service = `,"service":{"name":${JSON.stringify(names.product)}}`
  switch (kind.uid) {
    case authentication:
      return objectMember('user', member('uid', entry.user_id)) + service
    case accountChange:
    case userManagement:
      return objectMember('user', member('uid', target?.id))
    case entityManagement:
      return objectMember(
        'entity',
        target === null ? member('name', names.product) : member('uid', target.id) + member('type', target.type),
      )
    default: {
      const api = objectMember('api', member('operation', entry.action) + service)
      if (target === null) return api
      return `${api},"resources":[{"uid":${JSON.stringify(target.id)}${member('type', target.type)},"role_id":1}]`
    }
  }
}

function classification({ uid, activity }: EventClass, action: string): string {
  return (
    `"category_uid":${Math.trunc(uid / 1000)},"class_uid":${uid},"type_uid":${uid * 100 + activity}` +
    `,"activity_id":${activity}${member('activity_name', activity === otherActivity ? action : undefined)}`
  )
}

/** What was done to a user, where the action's words say more than its verb. */
const userActivity: (action: string) => string = remembering((action) => {
  const words = action.split(/[._-]/)
  if (words.includes('password')) return words.includes('reset') ? 'password_reset' : 'password_change'
  if (words.includes('mfa') || words.includes('2fa')) {
    const { verb } = actionCategory(action)
    return verb === 'create' || verb === 'enable'
      ? 'mfa_enable'
      : verb === 'delete' || verb === 'disable'
        ? 'mfa_disable'
        : ''
  }
  const done = /(?:^|[._-])(lock|unlock|grant|revoke|assign|unassign|attach|detach)e?d?$/.exec(action)?.[1] ?? ''
  const said = { assign: 'grant', attach: 'grant', unassign: 'revoke', detach: 'revoke' }[done] ?? done
  return words.includes('role') && (said === 'grant' || said === 'revoke') ? `role_${said}` : said
})

function metadata(names: ProductNames, version: OcsfVersion, id: string, action: string, timestamp: string): string {
  return (
    `"version":"${version}","product":{"name":${JSON.stringify(names.product)}${member('vendor_name', names.vendor)}` +
    `${member('version', names.version)}},"profiles":["datetime"]${member('uid', id)}${member('event_code', action)}` +
    `,"log_name":"audit_log","original_time":"${timestamp}"`
  )
}

function endpoint(address: string): string {
  return `{"${isIP(address) === 0 ? 'name' : 'ip'}":${JSON.stringify(address)}}`
}
