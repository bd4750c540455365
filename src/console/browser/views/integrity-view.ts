import { parseCheckpoint } from '../../../tlog/checkpoint.ts'
import { parseNote } from '../../../tlog/note.ts'
import type { Context, View } from '../context.ts'
import { h } from '../dom.ts'
import { type Check, checkCheckpoint, type CheckedCheckpoint } from '../model/check-proof.ts'
import type { CheckpointJson } from '../model/entry-list.ts'
import { compareSeen, type Compared, cosignersOf, type SeenCheckpoint, verdictOf } from '../model/integrity.ts'
import { formatRelative, formatTimeWithZone } from '../model/times.ts'
import { checkText, keyForm } from '../parts/check-list.ts'
import { facts, loadInto, table } from '../parts/loader.ts'
import { shownText, shownTime } from '../parts/shown-text.ts'

/** `GET /status`. */
interface Status {
  readonly tree_size: number
  readonly checkpoint: CheckpointJson | null
  readonly anomalies: number
  readonly backlog: {
    readonly entries: number
    readonly oldest: { readonly seq: number; readonly age_ms: number } | null
    readonly held_by: { readonly kind: string; readonly explanation: string } | null
  }
  readonly last_verification: {
    readonly verified_at: string
    readonly recorded_by: string
    readonly ok: boolean
    readonly verdict: string | null
    readonly tree_size: number | null
  } | null
}

/** `GET /posture`. */
interface Posture {
  readonly checked_at: string
  readonly checked_by: string
  readonly ok: boolean
  readonly tamper_resistant: boolean
  readonly findings: readonly Finding[]
  readonly not_checked: readonly { readonly check: string; readonly reason: string }[]
}

interface Finding {
  readonly severity: 'critical' | 'warning' | 'info'
  readonly subject: string
  readonly meaning: string
  readonly detail: string | null
  readonly fix: string
}

/** How far the log can be trusted, and what is wrong. */
export class IntegrityView implements View {
  readonly element: HTMLElement
  readonly #context: Context
  readonly #body = h('div', { class: 'page' })

  constructor(context: Context) {
    this.#context = context
    this.element = h('div', {}, this.#body)
  }

  show(): void {
    void loadInto(this.#context, this.#body, () => this.#load())
  }

  hide(): void {
    // It asks only when it is shown.
  }

  async #load(): Promise<Node[]> {
    const { api, key } = this.#context
    const [status, posture] = await Promise.all([api.json<Status>('/status'), api.json<Posture>('/posture')])
    const { checkpoint } = status
    const signature = checkpoint === null ? undefined : await checkCheckpoint(checkpoint.note, key()?.text)
    const compared = checkpoint === null ? undefined : this.#remember(checkpoint, signature)
    const verdict = verdictOf({
      signature: signature?.result,
      compared: compared?.result,
      anomalies: status.anomalies,
      critical: posture.findings.filter(({ severity }) => severity === 'critical').length,
      weak: !posture.tamper_resistant || checkpoint === null || !isWitnessed(checkpoint.note, signature),
      heldUp: status.backlog.held_by !== null,
    })
    const { t } = this.#context
    const sign = { good: 'intact', weak: 'pending', unverified: 'pending', bad: 'broken' }[verdict]
    return [
      h(
        'section',
        { class: `card headline ${verdict}`, role: 'status' },
        h('span', { class: `sign ${sign}`, 'aria-hidden': 'true' }),
        h(
          'div',
          {},
          h('h2', {}, t(`integrity.${verdict}`)),
          h('p', { class: 'muted' }, t(`integrity.${verdict}.text`)),
        ),
      ),
      h(
        'div',
        { class: 'cards' },
        this.#checkpointCard(status, signature, compared),
        h('div', { class: 'page-column' }, this.#tailCard(status)),
      ),
      this.#postureCard(posture),
      h('p', { class: 'hint' }, t('integrity.limits')),
    ]
  }

  /** A checkpoint that does not verify is not what later ones are compared with. */
  #remember(checkpoint: CheckpointJson, signature: Check | undefined): Compared {
    const { seen } = this.#context
    const compared = compareSeen(seen.get(), checkpoint)
    const fine = compared.result === 'first' || compared.result === 'grown'
    if (fine && signature?.result !== 'failed') {
      const { tree_size, root_hash } = checkpoint
      const next: SeenCheckpoint = { tree_size, root_hash, at: new Date().toISOString() }
      seen.set(next)
    }
    return compared
  }

  #checkpointCard(
    { checkpoint, last_verification }: Status,
    signature: CheckedCheckpoint | undefined,
    compared: Compared | undefined,
  ): HTMLElement {
    const { t, number } = this.#context
    const heading = h('h2', {}, t('integrity.checkpoint'))
    if (checkpoint === null || signature === undefined || compared === undefined) {
      return h('section', { class: 'card' }, heading, h('p', { class: 'note warn' }, t('integrity.noCheckpoint')))
    }
    const checked = h('span', { class: `badge ${badge(signature.result)}` }, checkText(this.#context, signature))
    const seen = compared.result
    const words = {
      first: t('integrity.seenFirst'),
      same: t('integrity.seenSame', this.#seenValues(compared)),
      grown: t('integrity.seenGrown', this.#seenValues(compared)),
      shrunk: t('integrity.seenShrunk', this.#seenValues(compared)),
      forked: t('integrity.seenForked', this.#seenValues(compared)),
    }[seen]
    return h(
      'section',
      { class: 'card' },
      heading,
      facts(
        [t('integrity.size'), number(checkpoint.tree_size)],
        [t('integrity.signed'), shownTime(this.#context, checkpoint.signed_at, true)],
        [t('integrity.origin'), shownText(this.#context, originOf(checkpoint.note))],
        [t('integrity.root'), h('span', { class: 'mono' }, shownText(this.#context, checkpoint.root_hash))],
        [t('integrity.signature'), checked],
        [t('integrity.lastVerification'), formatTimeWithZone(new Date().toISOString(), this.#context.clock)],
        [t('integrity.recorded'), this.#recorded(last_verification)],
      ),
      keyForm(this.#context, () => this.show()),
      h('h3', {}, t('integrity.seenBefore')),
      h('p', seen === 'shrunk' || seen === 'forked' ? { class: 'note bad', role: 'alert' } : {}, words),
      h('h3', {}, t('integrity.witnesses')),
      ...this.#witnesses(checkpoint.note, signature),
      h('details', {}, h('summary', {}, t('integrity.notePaste')), h('pre', { tabindex: 0 }, checkpoint.note)),
    )
  }

  /** What a run of the command line found, as it stands in the log. */
  #recorded(last: Status['last_verification']): HTMLElement {
    const { t, clock, number } = this.#context
    if (last === null) return h('span', { class: 'muted' }, t('integrity.recorded.none'))
    const { verdict, tree_size, verified_at, recorded_by, ok } = last
    const said = t('integrity.recorded.said', {
      size: tree_size === null ? '?' : number(tree_size),
      time: formatTimeWithZone(verified_at, clock),
      who: recorded_by,
    })
    return h(
      'span',
      {},
      h('span', { class: `badge ${ok ? 'good' : 'bad'}` }, verdict ?? '?'),
      ' ',
      shownText(this.#context, said),
    )
  }

  #seenValues({ before }: Compared): Record<string, string> {
    const { number, clock } = this.#context
    return before === undefined ? {} : { size: number(before.tree_size), time: formatTimeWithZone(before.at, clock) }
  }

  #witnesses(note: string, { verified, quorum }: CheckedCheckpoint): (HTMLElement | null)[] {
    const { t, clock } = this.#context
    const cosigners = cosignersOf(note, verified)
    const met = quorum === true ? 'Met' : 'Missing'
    return [
      quorum === undefined ? null : h('p', { class: quorum ? 'ok' : 'note warn' }, t(`integrity.quorum${met}`)),
      cosigners.length === 0
        ? h('p', { class: 'muted' }, t('integrity.noWitnesses'))
        : h(
            'ul',
            {},
            ...cosigners.map(({ name, timeSeconds, verified }) => {
              const time = formatTimeWithZone(new Date(timeSeconds * 1000).toISOString(), clock)
              const text = t(verified ? 'integrity.witnessVerified' : 'integrity.witness', { name, time })
              return h('li', { class: verified ? 'ok' : 'muted' }, shownText(this.#context, text))
            }),
          ),
    ]
  }

  #tailCard({ backlog, tree_size, checkpoint, anomalies }: Status): HTMLElement {
    const { t, number } = this.#context
    const unsigned = tree_size - (checkpoint?.tree_size ?? 0)
    const age = backlog.oldest === null ? '' : this.#age(backlog.oldest.age_ms)
    return h(
      'section',
      { class: 'card' },
      h('h2', {}, t('integrity.tail')),
      backlog.entries === 0
        ? h('p', {}, t('integrity.tail.none'))
        : h('p', { class: 'note warn' }, t('integrity.tail.some', { count: number(backlog.entries), age })),
      unsigned > 0 ? h('p', { class: 'note warn' }, t('integrity.tail.unsigned', { count: number(unsigned) })) : null,
      backlog.held_by === null
        ? null
        : h(
            'p',
            { class: 'note bad' },
            shownText(this.#context, t('integrity.tail.held', { reason: backlog.held_by.explanation })),
          ),
      h('h3', {}, t('integrity.anomalies')),
      h('p', {}, h('span', { class: `badge ${anomalies > 0 ? 'bad' : 'good'}` }, number(anomalies))),
    )
  }

  #age(milliseconds: number): string {
    const now = new Date()
    return formatRelative(new Date(now.getTime() - milliseconds).toISOString(), now, this.#context.clock)
  }

  #postureCard({ findings, not_checked, tamper_resistant, checked_at, checked_by }: Posture): HTMLElement {
    const { t } = this.#context
    return h(
      'section',
      { class: 'card' },
      h(
        'header',
        {},
        h('h2', {}, t('integrity.posture')),
        h(
          'span',
          { class: `badge ${tamper_resistant ? 'good' : 'bad'}` },
          t(tamper_resistant ? 'integrity.resistant' : 'integrity.notResistant'),
        ),
        h('span', { class: 'spring' }),
        h(
          'span',
          { class: 'hint' },
          t('integrity.checkedAt'),
          ' ',
          shownTime(this.#context, checked_at),
          ' ',
          t('integrity.checkedBy'),
          ' ',
          shownText(this.#context, checked_by),
        ),
      ),
      findings.length === 0
        ? h('p', {}, t('integrity.posture.ok'))
        : table(
            t('integrity.posture'),
            ['', t('integrity.finding'), t('integrity.subject'), t('integrity.fix')],
            findings.map(({ severity, subject, meaning, detail, fix }) => [
              h(
                'span',
                { class: `badge ${{ critical: 'bad', warning: 'warn', info: '' }[severity]}` },
                t(`severity.${severity}`),
              ),
              h(
                'div',
                {},
                meaning,
                detail === null ? null : h('div', { class: 'muted' }, shownText(this.#context, detail)),
              ),
              h('span', { class: 'mono' }, shownText(this.#context, subject)),
              h('span', {}, shownText(this.#context, fix)),
            ]),
          ),
      h(
        'ul',
        { class: 'hint' },
        ...not_checked.map(({ check, reason }) => h('li', {}, t('integrity.notChecked', { check, reason }))),
      ),
    )
  }
}

/** A cosignature that was not verified vouches for nothing. */
function isWitnessed(note: string, checked: CheckedCheckpoint | undefined): boolean {
  return checked?.quorum ?? cosignersOf(note, checked?.verified).some(({ verified }) => verified)
}

function badge(result: Check['result']): string {
  return { passed: 'good', failed: 'bad', unknown: 'warn' }[result]
}

function originOf(note: string): string {
  try {
    return parseCheckpoint(parseNote(note).text).origin
  } catch {
    return '?'
  }
}
