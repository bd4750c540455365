import { ApiFailure } from '../api.ts'
import type { Context } from '../context.ts'
import { button, h, replace } from '../dom.ts'
import {
  type ForwarderBody,
  type ForwarderField,
  type ForwarderKind,
  type ForwarderSettings,
  isForwarderName,
  readForwarderForm,
} from '../model/forwarders.ts'
import { once } from '../model/once.ts'
import { failureNote, waitNote } from './failure-note.ts'
import { select } from './filter-form.ts'
import { shownText } from './shown-text.ts'

/** What came of a test event. */
export interface TestResult {
  readonly ok: boolean
  readonly code: string | null
  readonly message: string | null
}

/** What the form tells. */
export interface ForwarderFormEvents {
  close(): void
  saved(): void
}

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

/**
 * The form for a forwarder. Secrets are never in it: an empty field keeps the one that the server has.
 *
 * @param one the forwarder to change; undefined for a new one
 */
export function forwarderForm(
  context: Context,
  kinds: readonly ForwarderKind[],
  one: ForwarderSettings | undefined,
  events: ForwarderFormEvents,
): HTMLFormElement {
  const { t, api } = context
  const inputs = new Map<string, Input>()
  const errors = new Map<string, HTMLElement>()
  // What was typed for one kind is there again when somebody comes back to it.
  const typed = new Map<string, string>()
  const outcome = h('div', { 'aria-live': 'polite' })
  const nameInput = h('input', {
    name: 'forwarder-name',
    type: 'text',
    autocomplete: 'off',
    spellcheck: 'false',
    value: one?.name,
    readonly: one !== undefined,
  })
  const nameError = h('span', { class: 'error', role: 'alert' })
  const kindSelect = select([
    ['', t('forwarding.choose')],
    ...kinds.map(({ kind, title }): [string, string] => [kind, title]),
  ])
  kindSelect.value = one?.kind ?? ''
  kindSelect.disabled = one !== undefined
  const fieldsPlace = h('div', { class: 'two' })
  const buttons = h('div', { class: 'buttons' })
  const kindOf = (): ForwarderKind | undefined => kinds.find(({ kind }) => kind === kindSelect.value)

  const showKind = (): void => {
    for (const [name, input] of inputs) typed.set(name, valueOf(input))
    inputs.clear()
    errors.clear()
    const kind = kindOf()
    replace(fieldsPlace, ...(kind?.fields ?? []).map((field) => fieldFor(field)))
    buttons.hidden = kind === undefined
    replace(outcome)
  }

  const fieldFor = (field: ForwarderField): HTMLElement => {
    const { name, title, type, required, help, default: standard } = field
    const set = one?.secrets_set.includes(name) === true
    const input = inputFor(field, typed.get(name) ?? initial(one?.config[name], type))
    const error = h('span', { class: 'error', role: 'alert' })
    inputs.set(name, input)
    errors.set(name, error)
    const hints = [
      help,
      standard === undefined ? undefined : t('forwarding.default', { value: String(standard) }),
      type === 'secret' ? t(set ? 'forwarding.secretSet' : 'forwarding.secretHint') : undefined,
    ]
    const hint = h('span', { class: 'hint' }, hints.filter(Boolean).join(' '))
    if (type === 'boolean') return h('label', { class: 'check' }, input, h('span', {}, title), hint, error)
    return h('label', {}, h('span', {}, title, required ? '' : ` (${t('optional')})`), input, hint, error)
  }

  const read = (): { name: string; body: ForwarderBody } | undefined => {
    const kind = kindOf()
    if (kind === undefined) return undefined
    const values = new Map([...inputs].map(([name, input]) => [name, valueOf(input)]))
    const { body, faults } = readForwarderForm(kind, values, one?.secrets_set ?? [])
    const name = nameInput.value.trim()
    mark(nameInput, nameError, isForwarderName(name) ? undefined : t('forwarding.nameHint'))
    for (const [field, input] of inputs) {
      const fault = faults.get(field)
      mark(input, errors.get(field), fault === undefined ? undefined : t(fault))
    }
    const first = [nameInput, ...inputs.values()].find((input) => input.hasAttribute('aria-invalid'))
    first?.focus()
    return first === undefined ? { name, body } : undefined
  }

  const fail = (error: unknown, retry: () => void): void => {
    const field = error instanceof ApiFailure ? error.path?.split('.').at(-1) : undefined
    const input = inputs.get(field ?? '')
    if (input !== undefined && error instanceof ApiFailure && error.kind === 'invalid') {
      mark(input, errors.get(field ?? ''), t('filter.refused', { detail: error.detail ?? error.code ?? '' }))
      input.focus()
      replace(outcome)
    } else replace(outcome, failureNote(context, error, retry))
  }

  const save = once(async () => {
    const given = read()
    if (given === undefined) return
    const endWait = waitNote(context, outcome, t('moment'))
    try {
      await api.json(`/settings/forwarders/${encodeURIComponent(given.name)}`, { method: 'PUT', body: given.body })
      events.saved()
    } catch (error) {
      fail(error, () => void save())
    } finally {
      endWait()
    }
  })

  const test = once(async () => {
    const given = read()
    if (given === undefined) return
    const endWait = waitNote(context, outcome, t('forwarding.testing'))
    try {
      const body = { name: given.name, ...given.body }
      replace(
        outcome,
        testOutcome(context, await api.json<TestResult>('/settings/forwarders/test', { method: 'POST', body })),
      )
    } catch (error) {
      fail(error, () => void test())
    } finally {
      endWait()
    }
  })

  const submit = (event: Event): void => {
    event.preventDefault()
    void save()
  }
  buttons.append(
    h('button', { class: 'primary' }, t('save')),
    button(t('forwarding.test'), () => void test()),
    button(t('cancel'), () => events.close()),
  )
  kindSelect.addEventListener('change', showKind)
  const form = h(
    'form',
    { class: 'card form', novalidate: true, on: { submit } },
    h('h2', {}, one === undefined ? t('forwarding.add') : `${t('forwarding.edit')}: ${one.name}`),
    h(
      'div',
      { class: 'two' },
      h('label', {}, h('span', {}, t('forwarding.kind')), kindSelect),
      h(
        'label',
        {},
        h('span', {}, t('forwarding.name')),
        nameInput,
        h('span', { class: 'hint' }, t('forwarding.nameHint')),
        nameError,
      ),
    ),
    fieldsPlace,
    buttons,
    outcome,
  )
  showKind()
  return form
}

/** What came of a test event, in words. */
export function testOutcome(context: Context, { ok, code, message }: TestResult): HTMLElement {
  const { t } = context
  if (ok) return h('p', { class: 'note good' }, t('forwarding.testOk'))
  // What a receiver answered may stand in it.
  const text = t('forwarding.testFailed', { code: code ?? '', message: message ?? '' })
  return h('p', { class: 'note bad' }, shownText(context, text))
}

function inputFor({ name, type, required, multiline, options = [] }: ForwarderField, value: string): Input {
  if (multiline === true && type === 'text') {
    const area = h('textarea', { name, rows: 3, spellcheck: 'false', class: 'mono' })
    area.value = value
    return area
  }
  if (type === 'select') {
    const made = select([...(required ? [] : ['']), ...options].map((option) => [option, option === '' ? '–' : option]))
    if (value !== '') made.value = value
    return made
  }
  if (type === 'boolean') {
    const made = h('input', { type: 'checkbox', name })
    made.checked = value === 'on'
    return made
  }
  const types = { text: 'text', url: 'url', number: 'text', secret: 'password' } as const
  return h('input', {
    name,
    type: types[type],
    value,
    inputmode: type === 'number' ? 'numeric' : undefined,
    autocomplete: type === 'secret' ? 'new-password' : 'off',
    spellcheck: 'false',
  })
}

function initial(value: unknown, type: ForwarderField['type']): string {
  if (type === 'boolean') return value === true ? 'on' : ''
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function valueOf(input: Input): string {
  return input instanceof HTMLInputElement && input.type === 'checkbox' ? (input.checked ? 'on' : '') : input.value
}

function mark(input: Input, place: HTMLElement | undefined, fault: string | undefined): void {
  if (fault === undefined) input.removeAttribute('aria-invalid')
  else input.setAttribute('aria-invalid', 'true')
  if (place !== undefined) place.textContent = fault ?? ''
}
