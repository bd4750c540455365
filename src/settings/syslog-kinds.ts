import type { SettingField, SettingSecrets, SettingValues } from './field.ts'
import type { ForwarderKind } from './kind.ts'

const transport: readonly SettingField[] = [
  {
    name: 'host',
    title: 'Receiver',
    type: 'text',
    required: true,
    help: 'Name or address of the receiver.',
    bindsSecrets: true,
  },
  {
    name: 'port',
    title: 'Port',
    type: 'number',
    range: [1, 65_535],
    required: false,
    help: 'Default is 6514 with TLS and 514 without.',
    bindsSecrets: true,
  },
  {
    name: 'hostname',
    title: 'This log source',
    type: 'text',
    required: true,
    help: 'By it the receiver tells log sources apart, e.g. app01.example.com.',
  },
  {
    name: 'tls',
    title: 'TLS',
    type: 'boolean',
    required: false,
    default: true,
    help: 'Without it everybody on the way reads the log.',
    bindsSecrets: true,
  },
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
    name: 'servername',
    title: "Name in the receiver's certificate",
    type: 'text',
    required: false,
    help: 'Where it is not that of the receiver.',
    bindsSecrets: true,
  },
  {
    name: 'client_certificate',
    title: 'Client certificate',
    type: 'text',
    multiline: true,
    required: false,
    help: 'In PEM, for receivers that ask for one.',
  },
  {
    name: 'client_key',
    title: 'Key of the client certificate',
    type: 'secret',
    multiline: true,
    required: false,
    help: 'In PEM.',
  },
  {
    name: 'confirm',
    title: 'Counts as delivered',
    type: 'select',
    options: ['delay', 'close'],
    required: false,
    default: 'delay',
    help: 'Syslog acknowledges nothing: after five seconds without an error, or when the receiver has ended a connection.',
  },
]

function optionsOf(values: SettingValues, secrets: SettingSecrets): Record<string, unknown> {
  const { host, port, hostname, tls, ca, servername, client_certificate: cert, confirm } = values
  const { client_key: key } = secrets
  return { host, port, hostname, confirm, tls: tls === false ? false : { ca, servername, cert, key } }
}

function destinationOf({ host, port, tls }: SettingValues): readonly string[] {
  const name = String(host)
  const scheme = tls === false ? 'tcp' : 'tls'
  return [`${scheme}://${name.includes(':') ? `[${name}]` : name}:${port ?? (tls === false ? 514 : 6514)}`]
}

/** Receivers that are reached over syslog. */
export const syslogKinds: readonly ForwarderKind[] = [
  {
    kind: 'qradar',
    title: 'IBM QRadar',
    fields: transport,
    options: optionsOf,
    destinations: destinationOf,
  },
  {
    kind: 'syslog',
    title: 'Syslog',
    fields: [
      ...transport,
      {
        name: 'format',
        title: 'Format',
        type: 'select',
        options: ['structured-data', 'cef', 'json'],
        required: false,
        default: 'structured-data',
        help: 'What stands in a message.',
      },
      {
        name: 'header',
        title: 'Header',
        type: 'select',
        options: ['rfc5424', 'rfc3164'],
        required: false,
        default: 'rfc5424',
        help: 'RFC 3164 is for old receivers: it has neither year nor zone.',
      },
      {
        name: 'framing',
        title: 'Framing',
        type: 'select',
        options: ['octet-counting', 'lf'],
        required: false,
        help: 'How messages are told apart. Default is octet-counting over TLS and lf without.',
      },
    ],
    options: (values, secrets) => {
      const { format, header, framing } = values
      return { ...optionsOf(values, secrets), format, header, framing }
    },
    destinations: destinationOf,
  },
]
