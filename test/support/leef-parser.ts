import type { Entry } from '../../src/canonical/entry.ts'

/** A LEEF 2.0 event as a receiver sees it. */
export interface LeefEvent {
  readonly vendor: string
  readonly product: string
  readonly version: string
  readonly eventId: string
  readonly attributes: Readonly<Record<string, string>>
}

/**
 * Parses LEEF 2.0 as IBM's guide defines it, without any escapes: six pipes end the header, the sixth field is the delimiter
 * (one character or `x` and its hexadecimal code), and an attribute is a key up to the first `=`. Anything else is an error.
 */
export function parseLeef(line: string): LeefEvent {
  if (/[\r\n]/.test(line)) throw new Error('a LEEF event is one line')
  const match = /^LEEF:2\.0\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|(0?x[0-9a-fA-F]{1,4}|[^|])\|(.*)$/su.exec(line)
  if (match === null) throw new Error('no LEEF 2.0 header')
  const [, vendor = '', product = '', version = '', eventId = '', delimiterText = '', rest = ''] = match
  const delimiter =
    delimiterText.length === 1
      ? delimiterText
      : String.fromCodePoint(Number.parseInt(delimiterText.replace(/^0?x/, ''), 16))
  const attributes: Record<string, string> = {}
  for (const attribute of rest.split(delimiter)) {
    const at = attribute.indexOf('=')
    const key = attribute.slice(0, at)
    if (at < 1 || !/^[A-Za-z0-9]+$/.test(key)) throw new Error(`no attribute: ${JSON.stringify(attribute)}`)
    if (Object.hasOwn(attributes, key)) throw new Error(`the key ${key} occurs twice`)
    attributes[key] = attribute.slice(at + 1)
  }
  return { vendor, product, version, eventId, attributes }
}

/** The entry as it can be put together again from nothing but the event. */
export function entryOfLeef({ eventId, attributes }: LeefEvent): Entry {
  const exact = JSON.parse(attributes['exact'] ?? '{}') as Partial<Entry>
  return {
    version: 1,
    seq: Number(attributes['auditSeq']),
    id: attributes['auditId']!,
    timestamp: attributes['auditTime']!,
    tenant_id: attributes['auditTenant'] ?? null,
    user_id: attributes['usrName'] ?? null,
    action: eventId,
    target: attributes['auditTarget'] ?? null,
    source_ip: attributes['src'] ?? attributes['auditSource'] ?? null,
    outcome: attributes['cat'] as Entry['outcome'],
    details: JSON.parse(attributes['details']!),
    recorded_by: attributes['auditRecordedBy']!,
    ...exact,
    entry_hash: attributes['entryHash']!,
  }
}
