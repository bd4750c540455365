import { optionInvalid } from '../option.ts'
import { formatItem } from './event-json.ts'
import { toPlainLine } from './line-text.ts'
import type { LogItem } from './log-item.ts'

// CloudEvents 1.0, JSON format (cloudevents.io). A receiver may treat events with the same source and id as one.

/** How events are named. */
export interface CloudEventsOptions {
  /** The log, as a URI reference, e.g. `https://app.example.com/audit-log`. */
  readonly source: string
  /** What stands before the action in `type`: a reverse DNS name. Default is `com.entraguard.audit`. */
  readonly typePrefix?: string | undefined
}

const sequenceDigits = 20

/**
 * Reads the options.
 *
 * @throws AuditLogError `option_invalid`
 */
export function readCloudEventsOptions(options: CloudEventsOptions): Required<CloudEventsOptions> {
  const { source, typePrefix = 'com.entraguard.audit' } = options
  if (typeof source !== 'string' || !/^[\x21-\x7e]+$/.test(source) || !URL.canParse(source, 'https://base.invalid/')) {
    throw optionInvalid('a URI reference', '$.source')
  }
  if (typeof typePrefix !== 'string' || !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(typePrefix)) {
    throw optionInvalid('a reverse DNS name such as com.example.audit', '$.typePrefix')
  }
  return { source, typePrefix }
}

/**
 * An item as a CloudEvent in JSON. `data` is the entry with `leaf_index` and `previous_entry_hash`; the extension attribute
 * `sequence` is the leaf index, padded so that it compares as text.
 */
export function formatCloudEvent(item: LogItem, options: Required<CloudEventsOptions>): string {
  const action = item.kind === 'entry' ? item.entry.action : item.action
  const attributes = {
    specversion: '1.0',
    id: item.kind === 'entry' ? item.entry.id : item.id,
    source: options.source,
    type: `${options.typePrefix}.${action}`,
    time: item.kind === 'entry' ? item.entry.timestamp : item.timestamp,
    ...(item.kind === 'entry' ? context(item.entry, item.leafIndex) : {}),
    datacontenttype: 'application/json',
  }
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${formatItem(item)}}`
}

function context(entry: { target: string | null; user_id: string | null }, leafIndex: number): object {
  // Attributes hold no control characters (section 3.1); in data everything stands as it is.
  const subject = entry.target === null ? '' : toPlainLine(entry.target).trim()
  const user = entry.user_id === null ? '' : toPlainLine(entry.user_id).trim()
  return {
    ...(subject === '' ? {} : { subject }),
    sequence: String(leafIndex).padStart(sequenceDigits, '0'),
    ...(user === '' ? { authtype: 'system' } : { authtype: 'app_user', authid: user }),
  }
}
