export { canonicalize, type JsonObject, type JsonValue } from './canonicalize.ts'
export {
  type Entry,
  type EntryContent,
  type EntryFault,
  findEntryFault,
  hashEntry,
  type Outcome,
  verifyEntry,
} from './entry.ts'
