import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'
import { createOpenApiDocument } from '@entraguard/audit-log/http'
import { formatControls } from '../src/compliance/format-markdown.ts'
import { frameworks } from '../src/compliance/frameworks.ts'
import { eventsPage } from './generate-events.ts'
import { changedSinceRelease } from './released-sql.ts'

// Writes what is made from something else: npm run generate. With --check nothing is written, and whatever is not up to
// date is an error.

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const openApi = `${JSON.stringify(createOpenApiDocument(), null, 2)}\n`

/** Path of a generated file to its text. */
const generated = new Map<string, string>([
  ['docs/errors.md', errorsPage()],
  ['docs/events.md', eventsPage()],
  ['docs/compliance.md', compliancePage()],
  ['docs/openapi.json', openApi],
  // What a client generator makes of it; a test runs a client with these types.
  ['test/support/openapi.d.ts', astToString(await openapiTS(openApi))],
  ...['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
    .filter(
      (path) => path.endsWith('.md') && !['docs/compliance.md', 'docs/errors.md', 'docs/events.md'].includes(path),
    )
    .map((path): [string, string] => [path, withSnippets(read(path))]),
])

for (const [path, text] of generated) {
  if (text === safeRead(path)) continue
  if (check) {
    console.error(`${path} is not up to date: npm run generate`)
    process.exitCode = 1
  } else {
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
}

for (const name of changedSinceRelease(JSON.parse(read('sql/released.json')) as Record<string, string>, root)) {
  console.error(`sql/${name} has been released and must not change: add a migration instead`)
  process.exitCode = 1
}

/** The table of error codes, from the comment in which they are defined. */
function errorsPage(): string {
  const source = read('src/errors.ts')
  const table = [...source.matchAll(/^ \* (\|.*\|)$/gm)].map(([, row]) => row)
  return [
    '# Error codes',
    '',
    'Every error of this library is an `AuditLogError` with one of these codes in `code`. They are stable: match on them, never on',
    'a message. Messages hold neither event contents nor secrets.',
    '',
    ...table,
    '',
  ].join('\n')
}

/** What each framework asks for, from the same source as evidence packs. */
function compliancePage(): string {
  return [
    '# What six frameworks ask for',
    '```sh\naudit-log evidence --framework pci-dss --from 2026-01-01T00:00:00Z --to 2026-04-01T00:00:00Z --key "$(cat log.vkey)" --out evidence\n```',
    'That writes an evidence pack: the table of a framework from this page beside the facts of the period: counts of actions, sample entries with ' +
      'proofs, checkpoints, posture, retention, reads and exports, forwarding. As JSON, Markdown and HTML, with sample entries that verify offline.',
    'An audit log is evidence for some controls. It makes nobody conform to anything, and no line here says so. Each says what the library does, ' +
      'what remains for the host and whoever runs it, and how to check. The requirements are in our words; the frameworks have theirs.',
    ...frameworks.flatMap((framework) => [
      `## ${framework.title}`,
      `${framework.scope}. On the command line: \`${framework.name}\`.`,
      formatControls(framework),
    ]),
    '',
  ].join('\n\n')
}

/** Fills each code block that follows `<!-- examples/some-file.ts -->` with that file. */
function withSnippets(text: string): string {
  return text.replaceAll(
    /<!-- (examples\/[\w./-]+) -->\n\n```(\w+)\n[^]*?```/g,
    (_, path: string, language: string) => `<!-- ${path} -->\n\n\`\`\`${language}\n${read(path)}\`\`\``,
  )
}

function safeRead(path: string): string | undefined {
  try {
    return read(path)
  } catch {
    return undefined
  }
}
