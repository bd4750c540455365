import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Entry } from '../canonical/entry.ts'
import { entryRow, headRow } from './browser/markup/entry-row.ts'
import {
  filterField,
  filterFrame,
  filterLabel,
  firstNames,
  furtherNames,
  hasCustomTime,
  rangeSelect,
} from './browser/markup/filter-fields.ts'
import { activityFrame, consoleFrame, gridFrame, logFrame } from './browser/markup/log-frame.ts'
import type { Text } from './browser/markup/make.ts'
import { type FilterName, type Filters, firstQuery, formatPlace, type Place, viewNames } from './browser/model/place.ts'
import { english, format } from './browser/strings.ts'
import { consoleFiles, consoleHeaders } from './files.ts'
import { escapeData, escapeHtml, type Html, makeHtml as h } from './html.ts'

const t: Text = (key, values) => (values === undefined ? english[key] : format(english[key], values))

/** Entries that are there until the program draws: what a small screen shows, because each takes time. */
const rowsShown = 11

interface Template {
  /** Up to the body. */
  readonly head: string
  /** From there into the element. */
  readonly body: string
  /** What follows the element. */
  readonly after: string
  /** The element that asks for the program. */
  readonly script: string
  readonly policy: string
}

let template: Template | undefined
/** What is the same in every page. The styles stand in it, so that nobody waits for a file of them to see the rows. */
function templateOf(): Template {
  if (template !== undefined) return template
  const textOf = (name: string): string => Buffer.from(consoleFiles().get(name)?.bytes ?? []).toString()
  const [page, styles] = [textOf('index.html'), textOf('app.css')]
  const [script = ''] = /<script type="module".*<\/script>/.exec(page) ?? []
  const [, head = '', body = '', after = ''] =
    /^([^]*)(<body>[^]*)<\/audit-log-console>([^]*)$/.exec(
      // The call that is made before the program is there need not be made.
      page
        .replace(/ *<script async.*\n/, '')
        .replace(/<link rel="stylesheet".*>/, () => `<style>${styles}</style>`)
        .replace(script, ''),
    ) ?? []
  const hash = createHash('sha256').update(styles).digest('base64')
  const policy = String(consoleHeaders['content-security-policy']).replace(
    "style-src 'self'",
    `style-src 'sha256-${hash}'`,
  )
  template = { head, body, after, script, policy }
  return template
}

/** The content security policy of the page: the styles in it, and no others (CSP Level 3 section 2.3.1). */
export const policyOfPage = (): string => templateOf().policy

/** What the page asks the list for. */
export const queryOf = ({ filters }: Place): URLSearchParams => firstQuery(filters, new Date(), Infinity)

/**
 * Writes the page with the first entries of a place in the log, piece by piece: its head before they are known, so that the
 * browser asks for what it names.
 *
 * @param knowsProgram whether the browser has the program already, which then draws the rows as quickly as they could be seen
 * without it: they are there for who has switched scripts off, and nothing is painted twice. Another browser is sent to the
 * program when it has the rows, so that it does not keep them from being seen, or when these take long.
 * @param list what `GET /list` answers to {@link queryOf}: JSON text, or undefined when there is none
 */
export async function* writePage(
  place: Place,
  knowsProgram: boolean,
  list: Promise<string | undefined>,
): AsyncGenerator<string, void> {
  const { head, body, after, script } = templateOf()
  const program = scriptFor(place, script)
  const [open, close] = knowsProgram ? ['<noscript>', '</noscript>'] : ['', '']
  const [frameTop = '', frameRest = ''] = frameOf(place).html.split(rowsMark)
  yield head.replace('</head>', () => `${knowsProgram ? program : ''}</head>`)
  // What is around the rows comes with them, so that it is laid out and painted once, and not twice.
  const late = await takesLong(list)
  let text = `${body}${open}${frameTop}`
  let programToSend = knowsProgram ? '' : withoutBlocking(program)
  if (late) {
    yield text + programToSend
    text = programToSend = ''
  }
  const answer = await list
  if (answer !== undefined) text += rowsOf(answer, place)
  text += `${frameRest}${close}</audit-log-console>${programToSend}`
  if (answer !== undefined) text += `<script type="application/json">${escapeData(answer)}</script>`
  yield text + after
}

// No element has it in it: texts are escaped.
const rowsMark = '<rows>'

/** The program may run before the rows have come, and finds out at its own element which question they answer. */
function scriptFor(place: Place, script: string): string {
  const url = escapeHtml(`../list?${queryOf(place).toString()}`)
  return script.replace(' type="module"', (it) => `${it} async data-first="${url}"`)
}

const withoutBlocking = (script: string): string => script.replace(' blocking="render"', '')

/** Resolves when the list is there, or when nobody would wait any longer for it: to whether it is late. */
async function takesLong(list: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController()
  const late = await Promise.race([
    list.then(() => false),
    setTimeout(100, true, { signal: waiting.signal }).catch(() => true),
  ])
  waiting.abort()
  return late
}

function frameOf({ filters }: Place): Html {
  const links = viewNames.map((view) =>
    h(
      'a',
      { href: formatPlace({ view, filters: {} }, 'query'), 'aria-current': view === 'log' ? 'page' : undefined },
      t(`view.${view}`),
    ),
  )
  const body = h('div', { class: 'rows', role: 'rowgroup' }, { html: rowsMark })
  const grid = gridFrame(h, t, {}, headRow(h, t, 'UTC'), body)
  const bar = [
    h('span', { class: 'live' }, t('log.liveOff')),
    h('span', { class: 'counts' }),
    h('span', { class: 'spring' }),
    h('button', { type: 'button', class: 'link', inert: true }, t('filter.clear')),
    h('button', { type: 'button', class: 'small', inert: true }, t('log.copyLink')),
  ]
  const log = logFrame(h, [formOf(filters), activityFrame(h, t)], bar, [grid])
  return consoleFrame(h, t, links, h('main', { class: 'content' }, log))
}

/** The form as it looks: it does nothing before the program is there. */
function formOf(filters: Filters): Html {
  const field = (name: FilterName): Html => filterLabel(h, t, name, filterField(h, t, name, filters[name]))
  const custom = hasCustomTime(filters)
  const further = furtherNames.some((name) => filters[name] !== undefined)
  return filterFrame(
    h,
    t,
    { inert: true },
    [
      filterLabel(h, t, 'range', rangeSelect(h, t, custom ? 'custom' : undefined)),
      ...firstNames.map(field),
      h('button', { class: 'primary' }, t('filter.apply')),
    ],
    custom ? h('div', { class: 'fields' }, field('since'), field('until')) : null,
    h(
      'details',
      { class: 'more', open: further },
      h('summary', {}, t('filter.more')),
      h('div', { class: 'fields' }, ...(further ? furtherNames.map(field) : [])),
    ),
  )
}

function rowsOf(list: string, { filters }: Place): string {
  const { entries } = JSON.parse(list) as { entries: readonly Entry[] }
  const context = { t, clock: { locale: 'en', zone: 'UTC' } }
  return entries
    .slice(0, rowsShown)
    .map((entry) => entryRow(h, context, entry, {}, formatPlace({ view: 'log', filters, entry: entry.seq }, 'query')))
    .map(({ html }) => html)
    .join('')
}
