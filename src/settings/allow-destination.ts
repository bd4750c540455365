import { AuditLogError } from '../errors.ts'

/**
 * Whether the log may be sent to a place. Gets a URL of the schemes `https:` and `http:`, or `tls:` and `tcp:` for syslog. Anything
 * but `true` is a no. It sees the name and not the address that the name has later: a host that must be sure about
 * addresses restricts them in its network.
 *
 * @example
 * const allowDestination = ({ hostname }) => hostname.endsWith('.siem.example.com')
 */
export type AllowDestination = (url: URL) => boolean | Promise<boolean>

/** @throws AuditLogError `destination_forbidden` */
export async function requireAllowed(
  destinations: readonly string[],
  allow: AllowDestination | undefined,
): Promise<void> {
  if (allow === undefined) return
  for (const destination of destinations) {
    // A host in JavaScript may answer anything.
    const answer: unknown = URL.canParse(destination) && (await allow(new URL(destination)))
    if (answer !== true) throw new AuditLogError('destination_forbidden', 'the host does not permit this destination')
  }
}
