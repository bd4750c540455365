/** Lower-case words and digits joined by `.`, `_` or `-`: what an action looks like. The database has the same rule. */
export const actionGrammar: RegExp = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/
