import { type HttpFailure, type HttpReply, retryAfterMs } from './http-client.ts'
import type { Control, Outcome, SendResult } from './sink.ts'

/** One outcome for each event of a batch. */
export function forAll(count: number, outcome: Outcome): readonly Outcome[] {
  return Array.from<Outcome>({ length: count }).fill(outcome)
}

/** Nothing of a batch is settled, and `control` says what to do about it. */
export function retryAll(count: number, control: Control, ambiguous: boolean): SendResult {
  const code = 'code' in control ? control.code : 'retry'
  return { outcomes: forAll(count, { kind: 'retry', code, ambiguous }), control }
}

/** What follows for a batch when no usable response came back. */
export function resultOfFailure(count: number, { code, detail, ambiguous }: HttpFailure): SendResult {
  // A certificate that is not trusted does not become so by waiting.
  if (code === 'tls_untrusted') return retryAll(count, { kind: 'pause', cause: 'config', code, detail }, false)
  if (code === 'tls_refused') return retryAll(count, { kind: 'pause', cause: 'auth', code, detail }, false)
  return retryAll(count, { kind: 'backoff', code, detail }, ambiguous)
}

/**
 * What follows for a batch from a status that is no success (RFC 9110 section 15), where the receiver's own protocol says no
 * more about it.
 *
 * @param detail one sentence for an operator; default says the status only
 */
export function resultOfStatus(count: number, reply: HttpReply, detail?: string): SendResult {
  const { control, ambiguous } = classify(reply, detail ?? `the receiver answered with status ${reply.status}`)
  return retryAll(count, control, ambiguous)
}

function classify(
  { status, headers }: HttpReply,
  detail: string,
): { readonly control: Control; readonly ambiguous: boolean } {
  const code = `http_${status}`
  if (status === 401 || status === 403 || status === 407) {
    return { control: { kind: 'pause', cause: 'auth', code, detail }, ambiguous: false }
  }
  if (status === 413) return { control: { kind: 'split', code, detail }, ambiguous: false }
  if (status === 408 || status === 425 || status === 429 || status >= 500 || status < 200) {
    const minDelayMs = retryAfterMs(headers, Date.now())
    return { control: { kind: 'backoff', code, detail, minDelayMs }, ambiguous: status !== 429 }
  }
  if (status === 400 || status === 422) return { control: { kind: 'isolate', code, detail }, ambiguous: false }
  if (status >= 300 && status < 400) {
    const redirected = `${detail}; redirects are not followed, because credentials belong to one host`
    return { control: { kind: 'pause', cause: 'config', code, detail: redirected }, ambiguous: false }
  }
  return { control: { kind: 'pause', cause: 'config', code, detail }, ambiguous: status < 300 }
}
