import { isIPv6 } from 'node:net'
import { optionInvalid, wholeNumber } from '../option.ts'
import { cutToBytes } from './line-text.ts'
import { remembering } from './remembering.ts'

/** What stands in front of each message. */
export interface SyslogHeaderOptions {
  /** `rfc5424`, or `rfc3164`, which has neither year nor zone (its time is written in UTC). Default is `rfc5424`. */
  readonly header?: 'rfc5424' | 'rfc3164' | undefined
  /**
   * HOSTNAME: by it the receiver tells log sources apart, so it must be constant, and no IPv6 address. 1 to 255 printable
   * ASCII characters without spaces.
   */
  readonly hostname: string
  /** APP-NAME: 1 to 48 printable ASCII characters without spaces. Default is `audit-log`. */
  readonly appName?: string | undefined
  /** Facility 0 to 23. Default is 13, "log audit". */
  readonly facility?: number | undefined
  /** Decimals of the header's time, 3 or 6. Default is 6. */
  readonly timeDecimals?: 3 | 6 | undefined
}

/** How messages are told apart on a stream: RFC 6587 section 3.4.2 (LF) or 3.4.1 and RFC 5425 (octet counting). */
export type SyslogFraming = 'lf' | 'octet-counting'

/** Parameters of a structured data element. */
export type SyslogParameters = readonly (readonly [name: string, value: string])[]

/** Makes the text up to and including the space before the message; `structuredData` is RFC 5424 only. */
export type SyslogHeader = (timestamp: string, severity: number, structuredData?: string) => string

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Severity "notice" of RFC 5424 section 6.2.1. */
export const syslogNotice = 5
/** Severity "warning". */
export const syslogWarning = 4

/**
 * Reads the options of a header.
 *
 * @throws AuditLogError `option_invalid`
 */
export function syslogHeader(options: SyslogHeaderOptions): SyslogHeader {
  const hostname = readToken('hostname', options.hostname, 255)
  if (isIPv6(hostname)) throw optionInvalid('no IPv6 address: receivers cannot tell it from the header', '$.hostname')
  const appName = readToken('appName', options.appName ?? 'audit-log', 48)
  const facility = wholeNumber(options.facility ?? 13, 0, 23, '$.facility')
  const priority = (severity: number): string => `<${facility * 8 + severity}>`
  switch (options.header ?? 'rfc5424') {
    case 'rfc3164':
      return (timestamp, severity) => `${priority(severity)}${bsdTime(timestamp)} ${hostname} `
    case 'rfc5424': {
      const kept = 20 + (options.timeDecimals ?? 6)
      return (timestamp, severity, structuredData = '-') =>
        `${priority(severity)}1 ${timestamp.slice(0, kept)}Z ${hostname} ${appName} - AUDIT ${structuredData} `
    }
    default:
      throw optionInvalid('rfc5424 or rfc3164', '$.header')
  }
}

/**
 * A structured data element, RFC 5424 section 6.3: in values exactly `"`, `\` and `]` are escaped. Values must be one plain
 * line each.
 *
 * @param id an SD-ID such as `audit@32473`
 */
export function formatStructuredData(id: string, parameters: SyslogParameters): string {
  let text = `[${structuredDataName(id)}`
  for (const [name, value] of parameters) {
    text += ` ${structuredDataName(name)}="${escapeParameter(value)}"`
  }
  return `${text}]`
}

const escapeParameter = (value: string): string => (/["\\\]]/.test(value) ? value.replace(/["\\\]]/g, '\\$&') : value)

/** A message on the stream. With LF framing the message must contain no LF. */
export function frameSyslog(message: string, framing: SyslogFraming): string {
  // The count is of octets, of the message alone: neither itself nor the space belongs to it.
  return framing === 'lf' ? `${message}\n` : `${Buffer.byteLength(message)} ${message}`
}

/** SD-NAME of RFC 5424 section 6.3.2: 1 to 32 printable ASCII characters but `=`, `]`, `"` and space. */
const structuredDataName: (name: string) => string = remembering(
  (name) => cutToBytes(name.replace(/[^\x21-\x7e]|[=\]"]/g, '_'), 32) || '_',
)

/** TIMESTAMP of RFC 3164 section 4.1.2: `Mmm dd hh:mm:ss`, the day padded with a space. */
function bsdTime(timestamp: string): string {
  const month = months[Number(timestamp.slice(5, 7)) - 1] ?? 'Jan'
  return `${month} ${String(Number(timestamp.slice(8, 10))).padStart(2)} ${timestamp.slice(11, 19)}`
}

function readToken(option: string, value: unknown, longest: number): string {
  if (typeof value === 'string' && value.length <= longest && /^[\x21-\x7e]+$/.test(value)) return value
  throw optionInvalid(`1 to ${longest} printable ASCII characters without spaces`, `$.${option}`)
}

/** Checks a framing. */
export function readFraming(framing: unknown): SyslogFraming {
  if (framing === 'lf' || framing === 'octet-counting') return framing
  throw optionInvalid('lf or octet-counting', '$.framing')
}
