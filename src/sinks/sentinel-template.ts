import { asimColumns, type Columns, logColumns } from './sentinel-row.ts'

/** An Azure Resource Manager template, ready for `az deployment group create --template-file`. */
export interface SentinelTemplate {
  readonly $schema: string
  readonly contentVersion: string
  readonly parameters: object
  readonly resources: readonly object[]
  readonly outputs: object
}

/**
 * What {@link SentinelSink} needs in a Log Analytics workspace: the table `AuditLog_CL`, a data collection rule with an endpoint
 * of its own and a stream for each of the two tables, and, for the application that sends, the right to publish through this
 * rule and nothing else. `audit-log sink template sentinel` prints it.
 */
export function sentinelTemplate(): SentinelTemplate {
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: {
      workspaceName: { type: 'string', metadata: { description: 'Log Analytics workspace that Sentinel is on' } },
      location: { type: 'string', defaultValue: '[resourceGroup().location]' },
      dcrName: { type: 'string', defaultValue: 'audit-log' },
      retentionInDays: { type: 'int', defaultValue: 730 },
      senderObjectId: {
        type: 'string',
        metadata: { description: 'Object ID of the service principal of the application that sends' },
      },
    },
    resources: [table, rule, assignment],
    outputs: {
      dcrImmutableId: { type: 'string', value: `[reference(${ruleId}, '2023-03-11').immutableId]` },
      url: { type: 'string', value: `[reference(${ruleId}, '2023-03-11').endpoints.logsIngestion]` },
    },
  }
}

const workspaceId = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))"
const ruleId = "resourceId('Microsoft.Insights/dataCollectionRules', parameters('dcrName'))"
const tableId =
  "resourceId('Microsoft.OperationalInsights/workspaces/tables', parameters('workspaceName'), 'AuditLog_CL')"
/** Monitoring Metrics Publisher, a role that is built in. */
const publisherRole = '3913510d-42f4-4e42-8a64-420c390055eb'

const declare = (columns: Columns): { readonly columns: readonly object[] } => ({
  columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
})

const table = {
  type: 'Microsoft.OperationalInsights/workspaces/tables',
  apiVersion: '2022-10-01',
  name: "[concat(parameters('workspaceName'), '/AuditLog_CL')]",
  properties: {
    retentionInDays: "[parameters('retentionInDays')]",
    schema: {
      name: 'AuditLog_CL',
      columns: Object.entries(logColumns).map(([name, type]) => ({
        name,
        type: type === 'datetime' ? 'dateTime' : type,
      })),
    },
  },
}

const rule = {
  type: 'Microsoft.Insights/dataCollectionRules',
  apiVersion: '2023-03-11',
  name: "[parameters('dcrName')]",
  location: "[parameters('location')]",
  // Has an ingestion endpoint of its own.
  kind: 'Direct',
  dependsOn: [`[${tableId}]`],
  properties: {
    streamDeclarations: { 'Custom-AuditLog_CL': declare(logColumns), 'Custom-AuditLogAsim': declare(asimColumns) },
    destinations: { logAnalytics: [{ name: 'workspace', workspaceResourceId: `[${workspaceId}]` }] },
    dataFlows: [
      {
        streams: ['Custom-AuditLog_CL'],
        destinations: ['workspace'],
        transformKql: 'source',
        outputStream: 'Custom-AuditLog_CL',
      },
      {
        streams: ['Custom-AuditLogAsim'],
        destinations: ['workspace'],
        transformKql: 'source',
        outputStream: 'Microsoft-ASimAuditEventLogs',
      },
    ],
  },
}

const assignment = {
  type: 'Microsoft.Authorization/roleAssignments',
  apiVersion: '2022-04-01',
  scope: "[concat('Microsoft.Insights/dataCollectionRules/', parameters('dcrName'))]",
  name: `[guid(${ruleId}, parameters('senderObjectId'), '${publisherRole}')]`,
  dependsOn: [`[${ruleId}]`],
  properties: {
    roleDefinitionId: `[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '${publisherRole}')]`,
    principalId: "[parameters('senderObjectId')]",
    principalType: 'ServicePrincipal',
  },
}
