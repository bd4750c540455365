export { type AddCheckpointRequest, formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts'
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'
export { CompactRange } from './compact-range.ts'
export { addCosignatures, cosignatureTimeSeconds } from './cosignature.ts'
export type { SigningKey } from './ed25519-key.ts'
export { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.ts'
export { proveLeafSet, rootOfLeafSet } from './leaf-set-proof.ts'
export { emptyRoot, hashLeaf, hashLeaves, hashNode } from './merkle-hash.ts'
export {
  formatNote,
  formatSignatureLines,
  type Note,
  type NoteSignature,
  openNote,
  parseNote,
  parseSignatureLines,
  type Signer,
  signNote,
  signText,
  type UnverifiedNote,
  type Verifier,
} from './note.ts'
export {
  formatVerifierKey,
  generateKey,
  type KeyPair,
  parseVerifierKey,
  type SignatureType,
  type VerifierKey,
} from './note-key.ts'
export { type Cosignature, openCheckpoint, type OpenedCheckpoint } from './open-checkpoint.ts'
export {
  meetsQuorum,
  parsePolicy,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  trustLogs,
} from './policy.ts'
export { type HashReader, proveConsistency, proveInclusion, proveInclusions, readRoot } from './prove.ts'
export { type FullTile, RightEdge } from './right-edge.ts'
export { createSigner, createSignerFor, type SignerOptions, verifierKeyOf } from './signer.ts'
export type { Subtree } from './subtree.ts'
export { newTiles, partialTiles, readTile, type Tile, type TileData, tileWidthIn } from './tile.ts'
export { type ReadTiles, TileHashReader } from './tile-hash-reader.ts'
export { type EntryBundle, formatTilePath, parseTilePath } from './tile-path.ts'
export {
  formatTlogProof,
  parseTlogProof,
  type TlogProof,
  type VerifiedTlogProof,
  verifyTlogProof,
} from './tlog-proof.ts'
export type { TreeHead } from './tree-head.ts'
export { createVerifier } from './verifier.ts'
export { verifyConsistency, verifyInclusion } from './verify.ts'
