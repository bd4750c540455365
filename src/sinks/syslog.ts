import { optionInvalid, wholeNumber } from '../option.ts'
import { encodeCef } from './cef.ts'
import { formatItem } from './event-json.ts'
import { idOf, timestampOf } from './item-text.ts'
import { escapeJsonLine } from './line-text.ts'
import type { LogItem } from './log-item.ts'
import { type ProductOptions, readProduct } from './product.ts'
import type { EncodedEvent, Unencodable } from './sink.ts'
import { encodeStructured } from './structured-data.ts'
import { SyslogDelivery, type SyslogTransportOptions } from './syslog-delivery.ts'
import {
  frameSyslog,
  readFraming,
  type SyslogFraming,
  type SyslogHeader,
  syslogHeader,
  type SyslogHeaderOptions,
  syslogNotice,
  syslogWarning,
} from './syslog-message.ts'

/** Options of {@link SyslogSink}. */
export interface SyslogOptions extends SyslogTransportOptions, SyslogHeaderOptions, ProductOptions {
  /**
   * What stands in a message.
   *
   * - `structured-data`: the entry as a structured data element (RFC 5424 section 6.3), and a sentence for people
   * - `cef`: Common Event Format
   * - `json`: the entry as JSON, with its place in the log
   *
   * Default is `structured-data`.
   */
  readonly format?: 'structured-data' | 'cef' | 'json' | undefined
  /**
   * How messages are told apart on the stream: RFC 5425 wants octet counting over TLS, and many TCP receivers read lines.
   * Default is `octet-counting` over TLS and `lf` over plain TCP.
   */
  readonly framing?: SyslogFraming | undefined
  /** Longest message in bytes, header included, 4,096 to 131,072. Default is 8,192 (RFC 5425 section 4.3.1). */
  readonly maxEventBytes?: number | undefined
  /** SD-ID of the structured data: a name and a private enterprise number. Default is `audit@32473`. */
  readonly structuredDataId?: string | undefined
}

/**
 * Any syslog receiver, over TLS (RFC 5425) or TCP (RFC 6587). Delivery is at least once as far as TCP lets it be known; see
 * {@link SyslogTransportOptions.confirm}.
 *
 * Events that are too long are cut and say so, except in `json`, where they go to the dead letter: half a JSON text is none.
 *
 * @example
 * new SyslogSink({ host: 'relay.example.com', hostname: 'app01.example.com', format: 'cef' })
 */
export class SyslogSink extends SyslogDelivery {
  /** @throws AuditLogError `option_invalid` */
  constructor(options: SyslogOptions) {
    super('syslog', encoder(options), options)
  }
}

type Formatter = (item: LogItem) => string

function encoder(options: SyslogOptions): (item: LogItem) => EncodedEvent | Unencodable {
  const framing = readFraming(options.framing ?? (options.tls === false ? 'lf' : 'octet-counting'))
  const maxEventBytes = wholeNumber(options.maxEventBytes ?? 8192, 4096, 131_072, '$.maxEventBytes')
  const format = formatter(options, syslogHeader(options), maxEventBytes)
  return (item) => {
    const message = format(item)
    if (Buffer.byteLength(message) > maxEventBytes) {
      return { code: 'too_large', reason: `the event is larger than ${maxEventBytes} bytes, and JSON cannot be cut` }
    }
    return { id: idOf(item), timestamp: timestampOf(item), text: frameSyslog(message, framing) }
  }
}

function formatter(options: SyslogOptions, header: SyslogHeader, maxEventBytes: number): Formatter {
  const start = (item: LogItem, data?: string): string => header(timestampOf(item), severityOf(item), data)
  switch (options.format ?? 'structured-data') {
    case 'structured-data': {
      if (options.header === 'rfc3164')
        throw optionInvalid('cef or json, because RFC 3164 has no structured data', '$.format')
      const id = options.structuredDataId ?? 'audit@32473'
      return (item) => {
        const { data, text } = encodeStructured(item, id, maxEventBytes - start(item, '').length)
        return start(item, data) + text
      }
    }
    case 'cef': {
      const names = readProduct(options)
      return (item) => start(item) + encodeCef(item, names, maxEventBytes - start(item).length)
    }
    case 'json':
      return (item) => start(item) + escapeJsonLine(formatItem(item))
    default:
      throw optionInvalid('structured-data, cef or json', '$.format')
  }
}

function severityOf(item: LogItem): number {
  return item.kind === 'entry' && item.entry.outcome !== 'success' ? syslogWarning : syslogNotice
}
