import { clientSecretCredential } from '../sinks/entra-token.ts'
import type { SettingField } from './field.ts'
import type { ForwarderKind } from './kind.ts'

/** The fields of everything that is reached over HTTP. */
const reach = (urlHelp: string): readonly SettingField[] => [
  { name: 'url', title: 'URL', type: 'url', required: true, help: urlHelp, bindsSecrets: true },
  {
    name: 'ca',
    title: 'Certificate authorities',
    type: 'text',
    multiline: true,
    required: false,
    help: "In PEM, to trust instead of the system's.",
    bindsSecrets: true,
  },
  {
    name: 'insecure',
    title: 'Permit plain HTTP',
    type: 'boolean',
    required: false,
    default: false,
    help: 'Lets everybody on the way read the log and the credentials.',
    bindsSecrets: true,
  },
]

const text = (name: string, title: string, help: string, required = false): SettingField => ({
  name,
  title,
  type: 'text',
  required,
  help,
})
const secret = (name: string, title: string, help: string, required: boolean): SettingField => ({
  name,
  title,
  type: 'secret',
  required,
  help,
})
const select = (name: string, title: string, options: readonly [string, ...string[]], help: string): SettingField => ({
  name,
  title,
  type: 'select',
  required: false,
  options,
  default: options[0],
  help,
})

/** Receivers that are reached over HTTP. */
export const httpKinds: readonly ForwarderKind[] = [
  {
    kind: 'splunk',
    title: 'Splunk',
    fields: [
      ...reach('Of the HTTP Event Collector, e.g. https://splunk.example.com:8088.'),
      secret('token', 'Token', 'Of the HTTP Event Collector.', true),
      text('index', 'Index', "Default is the token's."),
      text('sourcetype', 'Source type', 'Default is entraguard:audit:json.'),
      text('source', 'Source', 'Default is entraguard-audit-log.'),
      text('host', 'Host', "Where the events come from. Default is Splunk's choice."),
      select(
        'acknowledgement',
        'Indexer acknowledgement',
        ['none', 'if_available', 'required'],
        'Whether to wait until the indexers have the events.',
      ),
    ],
    options: ({ url, ca, insecure, index, sourcetype, source, host, acknowledgement }, { token }) => ({
      url,
      ca,
      insecure,
      index,
      sourcetype,
      source,
      host,
      acknowledgement,
      token,
    }),
    destinations: ({ url }) => [String(url)],
  },
  {
    kind: 'elastic',
    title: 'Elastic',
    fields: [
      ...reach('Of Elasticsearch, e.g. https://es.example.com:9200.'),
      secret('api_key', 'API key', 'In its encoded form; or else a user name and a password.', false),
      text('username', 'User name', 'With a password, in place of an API key.'),
      secret('password', 'Password', 'Of that user.', false),
      text('dataset', 'Data set', 'Of the data stream logs-DATASET-NAMESPACE. Default is entraguard.audit.'),
      text('namespace', 'Namespace', 'Default is default.'),
      text('index', 'Index prefix', 'Writes to PREFIX-YYYY.MM in place of a data stream.'),
    ],
    options: ({ url, ca, insecure, username, dataset, namespace, index }, { api_key: apiKey, password }) => ({
      url,
      ca,
      insecure,
      username,
      apiKey,
      password,
      target: index === undefined ? { dataStream: { dataset, namespace } } : { index },
    }),
    destinations: ({ url }) => [String(url)],
  },
  {
    kind: 'sentinel',
    title: 'Microsoft Sentinel',
    fields: [
      ...reach('Logs ingestion endpoint of the data collection rule.'),
      text('dcr_immutable_id', 'Immutable ID of the rule', 'dcr- and 32 hexadecimal digits.', true),
      { ...text('tenant_id', 'Directory (tenant) ID', 'Of the application.', true), bindsSecrets: true },
      { ...text('client_id', 'Application (client) ID', 'Must be a Monitoring Metrics Publisher.', true) },
      secret('client_secret', 'Client secret', 'Of the application.', true),
      {
        ...select('cloud', 'Azure cloud', ['public', 'usgovernment', 'china'], 'Where the workspace is.'),
        bindsSecrets: true,
      },
      select('table', 'Table', ['log', 'asim'], "The log's own table, or Sentinel's ASimAuditEventLogs."),
      text('stream', 'Stream', 'Of the rule. Default is that of the template.'),
      {
        name: 'authority',
        title: 'Sign-in endpoint',
        type: 'url',
        required: false,
        help: 'Default is that of the cloud, e.g. https://login.microsoftonline.com.',
        bindsSecrets: true,
      },
    ],
    options: (values, { client_secret: clientSecret = '' }) => {
      const { url, ca, insecure, table, stream, cloud, dcr_immutable_id: dcrImmutableId } = values
      const credential = clientSecretCredential({
        tenantId: String(values['tenant_id']),
        clientId: String(values['client_id']),
        clientSecret,
        authorityHost: authorityOf(values),
        ...(typeof ca === 'string' ? { ca } : {}),
      })
      return { url, ca, insecure, table, stream, cloud, dcrImmutableId, credential }
    },
    destinations: (values) => [String(values['url']), authorityOf(values)],
  },
  {
    kind: 'http',
    title: 'HTTP collector',
    fields: [
      ...reach('Where batches are posted.'),
      secret('token', 'Token', 'Sent as Authorization: Bearer, or in the header below.', false),
      text('token_header', 'Header of the token', 'E.g. x-api-key. Default is Authorization.'),
      select('format', 'Format', ['json', 'ocsf', 'cloudevents', 'cef'], 'What an event looks like.'),
      select('body', 'Body', ['array', 'lines'], 'A JSON array, or one event a line.'),
      text('source', 'CloudEvents source', 'A URI of this log; cloudevents needs it.'),
    ],
    options: ({ url, ca, insecure, format, body, source, token_header: header }, { token }) => ({
      url,
      ca,
      insecure,
      format,
      body,
      ...(source === undefined ? {} : { cloudEvents: { source } }),
      ...(token === undefined || header !== undefined ? {} : { token }),
      ...(token === undefined || header === undefined ? {} : { headers: { [String(header)]: token } }),
    }),
    destinations: ({ url }) => [String(url)],
  },
]

const authorities: Readonly<Record<string, string>> = {
  public: 'https://login.microsoftonline.com',
  usgovernment: 'https://login.microsoftonline.us',
  china: 'https://login.chinacloudapi.cn',
}

function authorityOf({ authority, cloud = 'public' }: Readonly<Record<string, unknown>>): string {
  return typeof authority === 'string' ? authority : (authorities[String(cloud)] ?? '')
}
