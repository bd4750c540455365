/**
 * Splunk's settings for the source type of {@link SplunkSink}, as the files of an app: whole events, JSON fields, and the
 * Common Information Model's Change and Authentication data models. `audit-log sink template splunk` prints it.
 */
export function splunkTemplate(): string {
  return `# default/props.conf
[entraguard:audit:json]
SHOULD_LINEMERGE = false
TRUNCATE = 0
KV_MODE = json
TIME_PREFIX = "timestamp":"
TIME_FORMAT = %Y-%m-%dT%H:%M:%S.%6N%Z
FIELDALIAS-user = user_id AS user user_id AS src_user
FIELDALIAS-src = source_ip AS src
FIELDALIAS-object = target AS object target AS object_id
FIELDALIAS-command = action AS command
EVAL-object_category = mvindex(split(target, ":"), 0)
EVAL-status = if(outcome == "success", "success", "failure")
EVAL-vendor_product = "EntraGuard Audit Log"
EVAL-change_type = if(match(action, "(^|[._-])(user|role|group|member|permission)s?([._-]|$)"), "AAA", "application")
EVAL-result_id = seq
EVAL-signature = action
EVAL-app = "entraguard"

# default/eventtypes.conf
[entraguard_audit_authentication]
search = sourcetype="entraguard:audit:json" (action="*login*" OR action="*logout*" OR action="*signin*")

[entraguard_audit_change]
search = sourcetype="entraguard:audit:json" NOT (action="*login*" OR action="*logout*" OR action="*signin*" OR action="audit_log.*")

# default/tags.conf
[eventtype=entraguard_audit_authentication]
authentication = enabled

[eventtype=entraguard_audit_change]
change = enabled
audit = enabled
`
}
