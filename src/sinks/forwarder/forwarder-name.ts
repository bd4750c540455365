/** What a forwarder may be called. The database has the same rule. */
export const forwarderName: RegExp = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/
/** The same in words. */
export const forwarderNameForm = 'letters, digits, "_", "." and "-", at most 63'
