import { createHash } from 'node:crypto'
import { type Database, executorOf } from '../database/database.ts'
import { optionInvalid, wholeNumber } from '../option.ts'
import { writeBundle } from '../evidence/write-bundle.ts'
import { EntryQuery } from '../query/entry-query.ts'
import { checkName } from '../schema/names.ts'
import { Checkpoints } from '../sequencer/checkpoints.ts'
import { parseCheckpoint, parseNote, type Policy } from '../tlog/index.ts'
import { type ActionCount, collect, type Period, readPeriod } from './collect.ts'
import type { Evidence } from './evidence.ts'
import { frameworks } from './frameworks.ts'
import { formatEvidenceHtml } from './format-html.ts'
import { formatEvidenceMarkdown } from './format-markdown.ts'

/** Options of {@link evidencePack}. */
export interface EvidencePackOptions {
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** `soc2`, `iso27001`, `nis2`, `nist-800-53`, `hipaa` or `pci-dss`. */
  readonly framework: string
  /** The first moment of the period: a Date, or RFC 3339 with a zone. */
  readonly from: string | Date
  /** The moment that ends the period, not in it: a Date, or RFC 3339 with a zone. */
  readonly to: string | Date
  /** Proves the samples against the newest checkpoint that this policy trusts. Default is the newest, not verified. */
  readonly policy?: Policy | undefined
  /** Sample entries of each action, the oldest of the period, 0 to 100. Default is 3. */
  readonly samples?: number | undefined
}

/** A file of an evidence pack. */
export interface EvidenceFile {
  /** Name without a folder. */
  readonly name: string
  readonly content: string
}

/**
 * Puts together what an assessor asks for of a period: counts of actions, posture, retention, checkpoint history and sample
 * entries with proofs, beside what a framework asks for. As JSON, Markdown and HTML, with the SHA-256 of each file in
 * `SHA256SUMS`.
 *
 * It states facts; it does not state that anything complies. `samples.bundle` verifies offline with the log's key; the counts
 * and histories are what the database says.
 *
 * @param db a login in the reader role
 * @returns the files, for a folder of their own
 * @throws AuditLogError `option_invalid` for an unknown framework; `query_invalid` for the period; `read_failed`
 */
export async function evidencePack(db: Database, options: EvidencePackOptions): Promise<EvidenceFile[]> {
  const schema = checkName(options.schema ?? 'audit_log', '$.schema')
  const framework = frameworks.find(({ name }) => name === options.framework)
  if (framework === undefined) {
    const names = frameworks.map(({ name }) => name).join(', ')
    throw optionInvalid(`one of ${names}`, '$.framework')
  }
  const samples = wholeNumber(options.samples ?? 3, 0, 100, '$.samples')
  const period = readPeriod(options.from, options.to)
  const collected = await collect(db, schema, period)
  const log = await readLog(db, schema)
  const bundle = log === undefined ? '' : await sampleBundle(db, schema, period, collected.actions, samples, options)
  const evidence: Evidence = {
    format: 'audit-log-evidence/1',
    framework,
    period,
    generatedAt: collected.posture.checkedAt,
    log,
    // One line for each entry, between a header and the proof.
    samples: bundle.split('\n').filter((line) => line.includes('"entry_hash"')).length,
    ...collected,
  }
  return withSums([
    { name: 'evidence.json', content: `${JSON.stringify(evidence, undefined, 2)}\n` },
    { name: 'evidence.md', content: formatEvidenceMarkdown(evidence) },
    { name: 'evidence.html', content: formatEvidenceHtml(evidence) },
    ...(bundle === '' ? [] : [{ name: 'samples.bundle', content: bundle }]),
  ])
}

async function readLog(db: Database, schema: string): Promise<Evidence['log']> {
  const latest = await new Checkpoints(executorOf(db), schema).latest()
  if (latest === undefined) return undefined
  return { origin: parseCheckpoint(parseNote(latest.note).text).origin, treeSize: latest.size }
}

/** The oldest entries of each action in the period with the proof that the log has them. */
async function sampleBundle(
  db: Database,
  schema: string,
  period: Period,
  actions: readonly ActionCount[],
  samples: number,
  { policy }: EvidencePackOptions,
): Promise<string> {
  const seqs: number[] = []
  if (samples === 0) return ''
  for (const { action } of actions) {
    const query = EntryQuery.over(db, schema).since(period.from).until(period.to).action(action)
    seqs.push(...(await query.order('oldest').limit(samples).page()).entries.map(({ seq }) => seq))
  }
  let bundle = ''
  for await (const piece of writeBundle(db, { seqs }, { schema, policy })) bundle += piece
  return bundle
}

/** Adds the file that `sha256sum --check` reads. */
function withSums(files: readonly EvidenceFile[]): EvidenceFile[] {
  const sum = (content: string): string => createHash('sha256').update(content).digest('hex')
  const content = files.map((file) => `${sum(file.content)}  ${file.name}\n`).join('')
  return [...files, { name: 'SHA256SUMS', content }]
}
