import type { Evidence } from './evidence.ts'
import { controlTable, type FactTable, factTables, preamble } from './facts.ts'

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border:1px solid #c8ccd1;padding:.4rem .6rem;text-align:start;vertical-align:top;overflow-wrap:anywhere}
th{background:#f2f4f6}code{font-family:ui-monospace,monospace}@media print{body{margin:0}tr{break-inside:avoid}}`

/** The pack as one HTML file without scripts and without anything from elsewhere. Whatever comes from the log is escaped. */
export function formatEvidenceHtml(evidence: Evidence): string {
  const { framework, period, generatedAt } = evidence
  const title = escape(`${framework.title}: evidence from the audit log`)
  const facts = factTables(evidence).map(
    ({ section, title, note, head, rows }) =>
      `<section id="${section}"><h2>${escape(title)}</h2><p>${escape(note)}</p>${rows.length === 0 ? '<p>None.</p>' : table({ head, rows })}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<p>${escape(framework.scope)}. Period: ${escape(period.from)} to ${escape(period.to)}. Made ${escape(generatedAt)}.</p>
${preamble.map((text) => `<p>${escape(text)}</p>`).join('\n')}
<h2>What is asked for, and who does what</h2>
${table(controlTable(framework))}
${facts.join('\n')}
</body>
</html>
`
}

function table({ head, rows }: Pick<FactTable, 'head' | 'rows'>): string {
  const row = (cells: readonly string[], kind: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${kind}${kind === 'th' ? ' scope="col"' : ''}>${escape(cell)}</${kind}>`).join('')}</tr>`
  return `<table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>`
}

/** Text as HTML, with code between backticks; control and direction characters are dropped. */
function escape(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(/`([^`]*)`/g, '<code>$1</code>')
}
