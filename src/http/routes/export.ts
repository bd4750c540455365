import { randomUUID } from 'node:crypto'
import { exportFormats, type ExportFormatName } from '../export-format.ts'
import { exportStream } from '../export-stream.ts'
import { givenIn } from '../log-access.ts'
import { filterParameters, orderParameter, type Parameter, tenantParameter } from '../parameters.ts'
import { Problem } from '../problem.ts'
import type { Route } from '../route.ts'
import { objectOf, ref } from '../schemas.ts'

const formatParameter: Parameter = {
  name: 'format',
  in: 'query',
  description:
    '`ndjson`: a line of canonical JSON for each entry. `json`: an object with the member `entries`. `csv`: for spreadsheets; values that they would take for formulas get an apostrophe in front.',
  schema: { type: 'string', enum: Object.keys(exportFormats), default: 'ndjson' },
}

/** `GET /export`: all entries that match, as a stream. */
export const exportRoute: Route = {
  method: 'GET',
  path: '/export',
  operationId: 'exportEntries',
  summary: 'All entries that match, as a file',
  description:
    'A stream without end of its own: it has everything that was committed when it began. A connection that breaks off before the end of the stream means that the file is not complete. The export is itself an entry when it begins, and another when it ends.',
  permission: 'export',
  feature: 'audit_export',
  recorded: true,
  parameters: [formatParameter, ...filterParameters, tenantParameter, orderParameter],
  answers: {
    'application/x-ndjson': { type: 'string' },
    'application/json': objectOf({ entries: { type: 'array', items: ref('Entry') } }),
    'text/csv': { type: 'string' },
  },
  problems: ['parameter_invalid', 'tenant_forbidden', 'export_busy'],

  async recordRefusal({ log, principal, values }, reason) {
    await log.record('audit_log.export_started', principal, values, { reason, parameters: givenIn(values) }, 'denied')
  },

  async handle(call) {
    const { request, principal, values, log } = call
    const format = exportFormats[readFormat(values.get('format') ?? 'ndjson')]
    const headers = {
      'content-type': format.mediaType,
      'content-disposition': `attachment; filename="audit-log.${format.extension}"`,
    }
    // What is wrong with the parameters is said before anything is recorded or sent.
    log.checkQuery(principal, values)
    if (request.method === 'HEAD') return new Response(null, { headers })

    const end = log.beginExport()
    try {
      const id = randomUUID()
      // An export that cannot be recorded does not take place.
      await log.record('audit_log.export_started', principal, values, { export: id, parameters: givenIn(values) })
      const body = exportStream(call, format, async ({ entries, bytes, complete }) => {
        end()
        const details = { export: id, entries, bytes, complete }
        await log.record('audit_log.export_ended', principal, values, details, complete ? 'success' : 'failure')
      })
      return new Response(body, { headers })
    } catch (error) {
      end()
      throw error
    }
  },
}

function readFormat(text: string): ExportFormatName {
  if (Object.hasOwn(exportFormats, text)) return text as ExportFormatName
  throw new Problem('parameter_invalid', {
    parameter: 'format',
    detail: `expected one of: ${Object.keys(exportFormats).join(', ')}`,
  })
}
