import type { Entry } from '../../../canonical/entry.ts'
import { entryFields } from '../../../canonical/entry.ts'
import { ApiFailure } from '../api.ts'
import type { Context } from '../context.ts'
import { button, h, replace } from '../dom.ts'
import { checkProof } from '../model/check-proof.ts'
import type { FilterName, Filters } from '../model/place.ts'
import { formatUtc } from '../model/times.ts'
import { hidesSomething } from '../model/visible-text.ts'
import { checkList, keyForm } from './check-list.ts'
import { copyButton } from './copy-button.ts'
import { detailsTree } from './details-tree.ts'
import { failureNote, slowNote } from './failure-note.ts'
import { shownOutcome, shownText, shownTime } from './shown-text.ts'

/** `GET /entries/{seq}`. */
interface EntryWithProof {
  readonly entry: Entry
  readonly leaf_index: number | null
  readonly proof: string | null
}

/** What the drawer tells. */
export interface DrawerEvents {
  close(): void
  filter(filters: Filters): void
  shareUrl(entry: Entry): string
}

const filterable: ReadonlySet<keyof Entry> = new Set([
  'tenant_id',
  'user_id',
  'action',
  'target',
  'source_ip',
  'outcome',
])
const longestValue = 2000

/** One entry with everything that is known of it, and the proof that the log contains it, verified here. */
export class EntryDrawer {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #events: DrawerEvents
  readonly #heading: HTMLElement
  readonly #body: HTMLElement
  #seq: number | undefined
  #stop = new AbortController()

  constructor(context: Context, events: DrawerEvents) {
    this.#context = context
    this.#events = events
    this.#heading = h('h2', { tabindex: -1, id: 'entry-heading' })
    this.#body = h('div', { class: 'drawer-body' })
    this.element = h(
      'section',
      { class: 'drawer', role: 'dialog', 'aria-labelledby': 'entry-heading', hidden: true },
      h(
        'header',
        {},
        this.#heading,
        button('×', () => events.close(), { class: 'icon', 'aria-label': context.t('close') }),
      ),
      this.#body,
    )
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') events.close()
    })
  }

  get seq(): number | undefined {
    return this.#seq
  }

  /** Opens it for an entry. @param known the entry, when the list has it already */
  open(seq: number, known: Entry | undefined): void {
    if (this.#seq === seq) return
    this.#stop.abort()
    this.#stop = new AbortController()
    this.#seq = seq
    this.element.hidden = false
    this.#heading.textContent = this.#context.t('entry.heading', { seq: this.#context.number(seq) })
    replace(this.#body)
    this.#body.scrollTop = 0
    void this.#load(seq, known, this.#stop.signal)
    this.#heading.focus()
  }

  close(): void {
    if (this.#seq === undefined) return
    this.#stop.abort()
    this.#seq = undefined
    this.element.hidden = true
  }

  async #load(seq: number, known: Entry | undefined, signal: AbortSignal): Promise<void> {
    const { api, t } = this.#context
    const checks = h('div', { 'aria-live': 'polite' }, h('p', { class: 'muted' }, t('check.working')))
    if (known !== undefined) replace(this.#body, ...this.#parts(known, checks))
    else replace(this.#body, h('p', { class: 'muted' }, t('loading')))
    const endSlow = slowNote(this.#context, known === undefined ? this.#body : checks)
    try {
      const found = await api.json<EntryWithProof>(`/entries/${seq}`, { signal })
      // What is shown is what was asked for, should the list have had something else; what somebody has unfolded stays.
      if (known === undefined || JSON.stringify(known) !== JSON.stringify(found.entry))
        replace(this.#body, ...this.#parts(found.entry, checks))
      await this.#check(found, checks)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ApiFailure && error.kind === 'not_found') {
        replace(this.#body, h('p', { class: 'note' }, t('entry.notFound')))
        return
      }
      const note = failureNote(this.#context, error, () => void this.#load(seq, known, signal))
      if (known === undefined) replace(this.#body, note)
      else replace(checks, note)
    } finally {
      endSlow()
    }
  }

  async #check(found: EntryWithProof, place: HTMLElement): Promise<void> {
    const { t, key } = this.#context
    const checked = await checkProof(found.entry, found.proof, key()?.text)
    if (found.entry.seq !== this.#seq) return
    replace(
      place,
      checkList(this.#context, checked),
      found.proof === null ? null : proofDownload(t('entry.proofFile'), found.entry.seq, found.proof),
      keyForm(this.#context, () => void this.#check(found, place)),
    )
  }

  #parts(entry: Entry, checks: HTMLElement): Node[] {
    const { t } = this.#context
    return [
      h(
        'div',
        { class: 'actions' },
        copyButton(this.#context, t('entry.copyLink'), () => this.#events.shareUrl(entry)),
        copyButton(this.#context, t('entry.copyJson'), () => JSON.stringify(entry, null, 2)),
      ),
      ...(hidesSomething(JSON.stringify(entry, (_, value: unknown) => value)) || hides(entry)
        ? [h('p', { class: 'note warn' }, t('entry.marks'))]
        : []),
      h(
        'dl',
        { class: 'fields-list' },
        ...entryFields.filter((name) => name !== 'details').flatMap((name) => this.#field(entry, name)),
      ),
      h('h3', {}, t('entry.details')),
      detailsTree(this.#context, entry.details),
      h('h3', {}, t('entry.verification')),
      checks,
    ]
  }

  #field(entry: Entry, name: Exclude<keyof Entry, 'details'>): Node[] {
    const { t } = this.#context
    const label = h('dt', {}, t(`field.${name}`))
    const value = entry[name]
    if (name === 'timestamp') {
      return [
        label,
        h(
          'dd',
          {},
          shownTime(this.#context, entry.timestamp, true),
          h('br'),
          h('bdi', { class: 'muted mono' }, formatUtc(entry.timestamp)),
        ),
      ]
    }
    const shown =
      value === null
        ? h('span', { class: 'muted' }, name === 'user_id' ? t('system') : t('none'))
        : name === 'outcome'
          ? shownOutcome(this.#context, entry.outcome)
          : shownText(this.#context, String(value), longestValue)
    const only = filterable.has(name)
      ? button('', () => this.#events.filter({ [name as FilterName]: value ?? '' }), {
          class: 'icon funnel',
          'aria-label': t('entry.only', { field: t(`field.${name}`) }),
          title: t('entry.only', { field: t(`field.${name}`) }),
        })
      : null
    return [label, h('dd', { class: name === 'entry_hash' || name === 'id' ? 'mono' : '' }, shown, only)]
  }
}

// JSON.stringify has escaped the controls by then.
function hides(entry: Entry): boolean {
  return Object.values(entry).some((value) => typeof value === 'string' && hidesSomething(value))
}

function proofDownload(text: string, seq: number, proof: string): HTMLElement {
  return button(text, () => saveFile(new Blob([proof], { type: 'text/plain' }), `entry-${seq}.tlog-proof`), {
    class: 'small',
  })
}

/** Hands a file to the browser. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  h('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
