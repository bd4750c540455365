import { ApiFailure } from '../api.ts'
import type { Context } from '../context.ts'
import { button, h, replace } from '../dom.ts'
import { safeText } from '../markup/safe-text.ts'
import { english, type StringKey } from '../strings.ts'

/** In characters. A server or what stands before it may say anything. */
const longestText = 1000

/** What happened, in words. */
export function failureText({ t }: Pick<Context, 't'>, error: unknown): string {
  if (!(error instanceof ApiFailure)) return t('failure.server')
  const own = `problem.${error.code ?? ''}`
  if (Object.hasOwn(english, own)) return t(own as StringKey)
  return t(`failure.${error.kind}`, {
    detail: error.detail ?? error.code ?? String(error.status),
    feature: error.feature ?? 'audit_export',
  })
}

/**
 * Says what happened, with a button to try again; after `Retry-After` it tries by itself.
 *
 * @param retry undefined where trying again is somebody else's business
 */
export function failureNote(context: Context, error: unknown, retry?: () => void): HTMLElement {
  const { t } = context
  const text = failureText(context, error)
  const countdown = h('span', {})
  const note = h(
    'div',
    { class: 'note bad', role: 'alert' },
    h('span', {}, safeText<HTMLElement>(h, t, text, longestText)),
    countdown,
    retry === undefined ? null : button(t('retry'), retry, { class: 'small' }),
  )
  const waitMs = error instanceof ApiFailure && retry !== undefined ? error.retryAfterMs : undefined
  if (waitMs !== undefined && retry !== undefined) countDown(note, countdown, waitMs, retry, context)
  return note
}

function countDown(note: Element, place: Element, waitMs: number, retry: () => void, { t }: Context): void {
  const end = performance.now() + Math.max(1000, waitMs)
  const tick = (): void => {
    const left = Math.ceil((end - performance.now()) / 1000)
    place.textContent = t('retryIn', { seconds: Math.max(0, left) })
    if (left <= 0) {
      if (note.isConnected) retry()
    } else if (note.isConnected || left * 1000 >= waitMs - 1000) setTimeout(tick, 1000)
  }
  tick()
}

/** Says that something takes long, once it does. @returns ends it */
export function slowNote({ t }: Pick<Context, 't'>, place: HTMLElement): () => void {
  const note = h('p', { class: 'note', role: 'status' }, t('slow'))
  const timer = setTimeout(() => place.append(note), 4000)
  return () => {
    clearTimeout(timer)
    note.remove()
  }
}

/** Says that something is under way, in the place of what is there, and once it takes long, that it does. @returns ends it */
export function waitNote(context: Context, place: HTMLElement, text: string): () => void {
  const note = h('p', { class: 'muted' }, text)
  replace(place, note)
  const endSlow = slowNote(context, place)
  return () => {
    note.remove()
    endSlow()
  }
}
