export { serveWitness, type WitnessServer } from './serve-witness.ts'
export { createWitnessHandler, type WitnessOptions, type WitnessOutcome } from './witness-handler.ts'
export { WitnessFolder, type WitnessState } from './witness-state.ts'
