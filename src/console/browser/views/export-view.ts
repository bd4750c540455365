import { ApiFailure } from '../api.ts'
import type { Context, View } from '../context.ts'
import { button, h, replace } from '../dom.ts'
import { fixRange, type Place, toParameters } from '../model/place.ts'
import { saveFile } from '../parts/entry-drawer.ts'
import { failureNote } from '../parts/failure-note.ts'
import { FilterForm, select } from '../parts/filter-form.ts'

/** The formats with their media types. */
const mediaTypes = { ndjson: 'application/x-ndjson', json: 'application/json', csv: 'text/csv' } as const
type Format = keyof typeof mediaTypes

/** Hands out a file with every entry that matches. */
export class ExportView implements View {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #form: FilterForm
  readonly #format: HTMLSelectElement
  readonly #start: HTMLButtonElement
  readonly #state = h('div', { role: 'status' })
  readonly #gate = h('div', {})
  #filled = false
  #running = false

  constructor(context: Context) {
    const { t } = context
    this.#context = context
    this.#form = new FilterForm(context, undefined, () => undefined)
    this.#format = select((['ndjson', 'json', 'csv'] as const).map((name) => [name, t(`export.${name}`)]))
    this.#start = button(t('export.start'), () => void this.#export(), { class: 'primary' })
    this.element = h(
      'div',
      {},
      h(
        'div',
        { class: 'page' },
        h('header', {}, h('h2', {}, t('export.heading')), h('p', {}, t('export.intro'))),
        this.#gate,
        h(
          'section',
          { class: 'card form-card' },
          h('h3', { class: 'first' }, t('export.range')),
          this.#form.element,
          h('div', { class: 'form' }, h('label', {}, h('span', {}, t('export.format')), this.#format)),
          h('div', { class: 'buttons' }, this.#start),
          this.#state,
        ),
      ),
    )
  }

  show({ filters }: Place): void {
    void this.#showGate()
    if (this.#filled && Object.keys(filters).length === 0) return
    this.#filled = true
    this.#form.filters = filters
  }

  hide(): void {
    // An export goes on when somebody looks at something else.
  }

  async #showGate(): Promise<void> {
    const { t, session } = this.#context
    const { permissions, flags } = await session()
    const text =
      flags['audit_export'] === false
        ? t('export.off')
        : permissions.includes('export')
          ? undefined
          : t('export.denied')
    replace(this.#gate, text === undefined ? null : h('p', { class: 'note warn', role: 'status' }, text))
    this.#start.disabled = this.#running || text !== undefined
  }

  async #export(): Promise<void> {
    const { t, api } = this.#context
    const filters = fixRange(this.#form.filters, new Date())
    const format = this.#format.value as Format
    const query = toParameters(filters, new Date())
    query.set('format', format)
    const stop = new AbortController()
    const progress = h('progress', { 'aria-label': t('export.running') })
    const words = h('p', {}, t('export.running'))
    replace(
      this.#state,
      progress,
      words,
      button(t('cancel'), () => stop.abort(), { class: 'small' }),
    )
    this.#start.disabled = this.#running = true
    this.#form.clearErrors()
    let bytes = 0
    try {
      const response = await api.stream('/export', { query, signal: stop.signal })
      const type = response.headers.get('content-type') ?? ''
      // Such as a page to sign in with, which is not to be taken for the file.
      if (!type.startsWith(mediaTypes[format])) throw new ApiFailure('server', response.status)
      const { chunks, entries } = await this.#receive(response, format, (received, count) => {
        bytes = received
        words.textContent = this.#progress(received, count)
      })
      const name = `audit-log-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}`
      saveFile(new Blob(chunks, { type }), name)
      this.#done(name, format, bytes, entries)
    } catch (error) {
      if (stop.signal.aborted) replace(this.#state, h('p', { class: 'note' }, t('export.cancelled')))
      else if (error instanceof ApiFailure) {
        const atField = this.#form.refuse(error)
        replace(
          this.#state,
          error.kind === 'feature_off'
            ? h('p', { class: 'note warn', role: 'alert' }, t('export.off'))
            : failureNote(this.#context, error, atField ? undefined : () => void this.#export()),
        )
      } else {
        const text = t('export.broken', { bytes: this.#context.bytes(bytes) })
        replace(
          this.#state,
          h('p', { class: 'note bad', role: 'alert' }, text),
          button(t('retry'), () => void this.#export()),
        )
      }
    } finally {
      this.#start.disabled = this.#running = false
    }
  }

  /** @throws when the stream breaks off: what came is not the whole file */
  async #receive(
    response: Response,
    format: Format,
    onProgress: (bytes: number, entries: number | undefined) => void,
  ): Promise<{ chunks: BlobPart[]; entries: number | undefined }> {
    const chunks: BlobPart[] = []
    let bytes = 0
    let entries = 0
    let shown = 0
    const counted = format === 'ndjson'
    const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      chunks.push(value)
      bytes += value.length
      if (counted) for (let at = value.indexOf(10); at >= 0; at = value.indexOf(10, at + 1)) entries += 1
      if (performance.now() - shown > 100) {
        shown = performance.now()
        onProgress(bytes, counted ? entries : undefined)
      }
    }
    onProgress(bytes, counted ? entries : undefined)
    return { chunks, entries: counted ? entries : undefined }
  }

  #progress(bytes: number, entries: number | undefined): string {
    const { t, number, bytes: sized } = this.#context
    if (entries === undefined) return t('export.progressBytes', { bytes: sized(bytes) })
    return t('export.progress', { bytes: sized(bytes), entries: number(entries) })
  }

  #done(name: string, format: Format, bytes: number, entries: number | undefined): void {
    const { t, number, bytes: sized } = this.#context
    const values = { name, bytes: sized(bytes), entries: number(entries ?? 0) }
    replace(
      this.#state,
      h('p', { class: 'note good' }, t(entries === undefined ? 'export.done' : 'export.doneEntries', values)),
      format === 'csv' ? null : h('p', { class: 'muted' }, t('export.verify')),
      format === 'csv' ? null : h('pre', { tabindex: 0 }, `npx audit-log verify ${name}`),
    )
  }
}
