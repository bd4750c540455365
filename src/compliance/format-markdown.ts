import type { Framework } from './control.ts'
import type { Evidence } from './evidence.ts'
import { controlTable, type FactTable, factTables, preamble } from './facts.ts'

/** The pack as Markdown. Whatever comes from the log is escaped. */
export function formatEvidenceMarkdown(evidence: Evidence): string {
  const { framework, period, generatedAt } = evidence
  return [
    `# ${framework.title}: evidence from the audit log`,
    `${framework.scope}. Period: ${period.from} to ${period.to}. Made ${generatedAt}.`,
    ...preamble,
    '## What is asked for, and who does what',
    formatControls(framework),
    ...factTables(evidence).flatMap(({ section, title, note, head, rows }) => [
      `## ${escape(title)}`,
      `*Section ${section}.* ${escape(note)}`,
      rows.length === 0 ? 'None.' : table({ head, rows }),
    ]),
    '',
  ].join('\n\n')
}

/** The controls of a framework as a table. */
export function formatControls(framework: Framework): string {
  return table(controlTable(framework))
}

function table({ head, rows }: Pick<FactTable, 'head' | 'rows'>): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

// Backticks and stars are ours, too; what comes from the log must not become a link, an image or markup.
function escape(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', '\\|')
    .replaceAll(/([[\]!])/g, '\\$1')
}
