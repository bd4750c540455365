import { provideServer } from './server.ts'

/** Global setup of the project that runs on PostgreSQL 15. */
export default provideServer(15)
