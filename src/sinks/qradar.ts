import { wholeNumber } from '../option.ts'
import { idOf, timestampOf } from './item-text.ts'
import { encodeLeef } from './leef.ts'
import type { LogItem } from './log-item.ts'
import { type ProductOptions, readProduct } from './product.ts'
import type { EncodedEvent } from './sink.ts'
import { SyslogDelivery, type SyslogTransportOptions } from './syslog-delivery.ts'
import {
  frameSyslog,
  readFraming,
  type SyslogFraming,
  syslogHeader,
  type SyslogHeaderOptions,
  syslogNotice,
} from './syslog-message.ts'

/** Options of {@link QRadarSink}. */
export interface QRadarOptions extends SyslogTransportOptions, SyslogHeaderOptions, ProductOptions {
  /**
   * How events are told apart on the stream. QRadar's listeners read lines; octet counting is for relays that want it (RFC 5425
   * asks for it over TLS). Default is `lf`.
   */
  readonly framing?: SyslogFraming | undefined
  /**
   * Longest event in bytes, header included, 3,072 to 65,536: what the listener's payload limit is. Longer events are cut and
   * say so. Default is 8,192 over TLS and 4,096 over plain TCP.
   */
  readonly maxEventBytes?: number | undefined
}

/**
 * IBM QRadar: LEEF 2.0 events over syslog, TLS or TCP. `hostname` is the log source identifier.
 *
 * Nothing on the way acknowledges an event, so delivery is at least once as far as TCP lets it be known; see
 * {@link SyslogTransportOptions.confirm}. QRadar must have "Coalescing Events" switched off for the log source: it throws away
 * what it takes for repetitions, and nothing in an event can prevent that.
 *
 * @example
 * new QRadarSink({ host: 'qradar.example.com', hostname: 'app01.example.com', tls: { ca } })
 */
export class QRadarSink extends SyslogDelivery {
  /** @throws AuditLogError `option_invalid` */
  constructor(options: QRadarOptions) {
    super('qradar', encoder(options), options)
  }
}

function encoder(options: QRadarOptions): (item: LogItem) => EncodedEvent {
  const names = readProduct(options)
  // QRadar reads milliseconds in the header.
  const header = syslogHeader({ ...options, timeDecimals: options.timeDecimals ?? 3 })
  const framing = readFraming(options.framing ?? 'lf')
  const maxEventBytes = wholeNumber(
    options.maxEventBytes ?? (options.tls === false ? 4096 : 8192),
    3072,
    65_536,
    '$.maxEventBytes',
  )
  return (item) => {
    const timestamp = timestampOf(item)
    const start = header(timestamp, syslogNotice)
    const message = start + encodeLeef(item, names, maxEventBytes - start.length)
    return { id: idOf(item), timestamp, text: frameSyslog(message, framing) }
  }
}
