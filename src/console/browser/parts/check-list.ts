import type { Context } from '../context.ts'
import { button, h } from '../dom.ts'
import { type Check, type CheckedProof, isLogKey } from '../model/check-proof.ts'

/** The checks of an entry, one a line, each with a word and a sign for its result. */
export function checkList(context: Context, { checks, leafIndex, treeSize }: CheckedProof): HTMLElement {
  return h(
    'ul',
    { class: 'checks' },
    ...checks.map((check) =>
      h(
        'li',
        { class: check.result },
        h('span', { class: 'sign', role: 'img', 'aria-label': context.t(`check.state.${check.result}`) }),
        h('strong', {}, context.t(`check.${check.name}`)),
        h('span', {}, checkText(context, check, leafIndex, treeSize)),
      ),
    ),
  )
}

/** What a check found, as a sentence. */
export function checkText({ t, number }: Context, check: Check, leafIndex?: number, treeSize?: number): string {
  const { name, result, code = '' } = check
  const values = { code, leaf: number(leafIndex ?? 0), size: number(treeSize ?? 0) }
  if (result === 'passed') return t(`check.${name}.passed`, values)
  if (result === 'failed') return t(`check.${name}.failed`, values)
  if (name !== 'signature') return t('check.inclusion.unknown', values)
  if (code === 'key_missing' || code === 'proof_pending') return t(`check.signature.unknown.${code}`, values)
  return t('check.signature.unknown', values)
}

/** Takes the verifier key of the log, unless the host gave one. @param onChange called when it is another one */
export function keyForm(context: Context, onChange: () => void): HTMLElement {
  const { t } = context
  const key = context.key()
  if (key?.from === 'attribute') return h('p', { class: 'muted' }, t('key.given'))
  if (key !== undefined) {
    return h(
      'p',
      { class: 'muted' },
      t('key.remembered'),
      ' ',
      button(t('key.forget'), () => (context.setKey(undefined), onChange()), { class: 'link' }),
    )
  }
  const input = h('textarea', {
    rows: 1,
    spellcheck: 'false',
    autocomplete: 'off',
    class: 'mono',
    placeholder: 'example.com/audit+…',
  })
  const problem = h('span', { class: 'error', role: 'alert' })
  const submit = (event: Event): void => {
    event.preventDefault()
    const text = input.value.trim()
    if (isLogKey(text)) {
      context.setKey(text)
      onChange()
    } else {
      input.setAttribute('aria-invalid', 'true')
      problem.textContent = t('key.bad')
    }
  }
  return h(
    'form',
    { class: 'key', on: { submit } },
    h('label', {}, h('span', {}, t('key.label')), input),
    h('button', { class: 'small' }, t('key.use')),
    problem,
    h('span', { class: 'hint' }, t('key.hint')),
  )
}
