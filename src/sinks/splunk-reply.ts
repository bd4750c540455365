import { type HttpReply, quoteReply, retryAfterMs } from './http-client.ts'
import { resultOfStatus, retryAll } from './http-result.ts'
import type { Control, Outcome, SendResult } from './sink.ts'

/** What HEC says in the body of a response. */
export interface HecReply {
  readonly code: number
  readonly text: string
  /** `invalid-event-number`. */
  readonly number: number | undefined
  readonly ackId: number | undefined
}

/** Reads the body of a response of HEC; undefined when it is none: a proxy's page, or nothing. */
export function parseHecReply(body: string): HecReply | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { code, text, ackId, 'invalid-event-number': number } = value as Record<string, unknown>
  if (typeof code !== 'number') return undefined
  return {
    code,
    text: typeof text === 'string' ? quoteReply(text) : '',
    number: isCount(number) ? number : undefined,
    ackId: isCount(ackId) ? ackId : undefined,
  }
}

/**
 * What a response of `/services/collector/event` means for a batch, by HEC's own codes.
 *
 * @param bytes length of the body that was sent, before compression
 * @param accepted what becomes of the events that were taken, given the `ackId`
 */
export function resultOfHec(
  count: number,
  bytes: number,
  reply: HttpReply,
  accepted: (ackId: number | undefined) => Outcome,
): SendResult {
  const hec = parseHecReply(reply.body)
  if (hec === undefined) return withoutCode(count, reply)
  const { code, number, ackId } = hec
  const name = `splunk_code_${code}`
  const detail = `Splunk says: ${hec.text} (code ${code})`
  const taken = accepted(ackId)
  const retry: Outcome = { kind: 'retry', code: name, ambiguous: false }
  /** The first so many events were taken, and the others are open. */
  const prefix = (length: number, rest: (index: number) => Outcome = () => retry): Outcome[] =>
    Array.from({ length: count }, (_, index) => (index < length ? taken : rest(index)))
  const minDelayMs = retryAfterMs(reply.headers, Date.now())
  switch (code) {
    case 0:
    case 24:
    case 25:
      if (reply.status !== 200) break
      return { outcomes: prefix(count), control: { kind: 'continue', slowDown: code !== 0 } }
    case 5:
      return retryAll(count, { kind: 'isolate', code: name, detail }, false)
    case 6:
    case 12:
    case 13:
    case 15: {
      if (number === undefined) return retryAll(count, { kind: 'isolate', code: name, detail }, false)
      if (number >= count) return retryAll(count, { kind: 'backoff', code: name, detail }, true)
      // Splunk Cloud says this of a body that is too large, instead of answering with status 413.
      if (code === 6 && number === 0 && bytes > cloudBodyBytes) {
        return retryAll(count, { kind: 'split', code: name, detail }, false)
      }
      const rejected: Outcome = { kind: 'rejected', code: name, reason: detail }
      return {
        outcomes: prefix(number, (index) => (index === number ? rejected : retry)),
        control: { kind: 'continue' },
      }
    }
    case 7:
      // The number is that of the event after the one that has the wrong index.
      return {
        outcomes: prefix(Math.max(0, Math.min(count, (number ?? 1) - 1))),
        control: { kind: 'pause', cause: 'config', code: name, detail },
      }
    case 9:
      return {
        outcomes: prefix(Math.min(count, number ?? 0)),
        control: { kind: 'backoff', code: name, detail, minDelayMs },
      }
    default:
  }
  const control = controlOfCode(code, name, detail, minDelayMs)
  return control === undefined ? resultOfStatus(count, reply, detail) : retryAll(count, control, code === 8)
}

/** What a code means that says nothing about single events; undefined when the status must tell. */
export function controlOfCode(
  code: number,
  name: string,
  detail: string,
  minDelayMs: number | undefined,
): Control | undefined {
  if (authCodes.has(code)) return { kind: 'pause', cause: 'auth', code: name, detail }
  if (configCodes.has(code)) return { kind: 'pause', cause: 'config', code: name, detail }
  if (busyCodes.has(code)) return { kind: 'backoff', code: name, detail, minDelayMs, untilConfirmed: code === 27 }
  return undefined
}

/** A 200 that is not HEC's confirms nothing. */
function withoutCode(count: number, reply: HttpReply): SendResult {
  if (reply.status < 200 || reply.status > 299) return resultOfStatus(count, reply)
  const detail = `the receiver answered with status ${reply.status} and a body that is not Splunk's`
  return retryAll(count, { kind: 'backoff', code: 'response_malformed', detail }, true)
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Splunk Cloud takes between 5,242,881 and 6,000,000 bytes. */
const cloudBodyBytes = 5 * 1024 * 1024
// 1 token disabled, 2 token required, 3 invalid authorization, 4 invalid token, 21 and 22 the same from the health route.
const authCodes = new Set([1, 2, 3, 4, 21, 22])
// 10 and 28 channel missing, 11 channel invalid, 14 acknowledgement disabled, 16 query string authorization.
const configCodes = new Set([10, 11, 14, 16, 28])
// 8 internal error, 18 to 20 unhealthy, 23 shutting down, 26 queue full, 27 acknowledgement channel full.
const busyCodes = new Set([8, 9, 18, 19, 20, 23, 26, 27])
