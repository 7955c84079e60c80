import { bare } from './bare.ts'
import type { Database } from './database.ts'
import { Loop } from './loop.ts'
import { Counter } from './parts.ts'
import { Type } from './schema.ts'
import type { Server } from './service.ts'

/** The keys of a service that removes rows after a time, beside one for each of its subjects (`keptHours`). */
export const retentionProperties = {
  RETENTION_INTERVAL_MS: Type.Integer({
    default: 60_000,
    minimum: 10,
    maximum: 3_600_000,
    description: 'Mean time between two looks for rows whose retention is over, jittered by half; every replica looks.',
  }),
  RETENTION_BATCH_MAX: Type.Integer({
    default: 500,
    minimum: 1,
    maximum: 5000,
    description: 'Most rows that one statement removes; a backlog is worked off statement by statement.',
  }),
}

/** What the removal itself reads of a configuration. */
export interface RetentionConfig {
  readonly RETENTION_INTERVAL_MS: number
  readonly RETENTION_BATCH_MAX: number
}

/** The key that says for how many hours one subject's rows are kept: at most ten years. */
export function keptHours(fallback: number, description: string) {
  return Type.Integer({ default: fallback, minimum: 1, maximum: 87_600, description })
}

/** Rows of one kind, and the end of their time. */
export interface Subject {
  /** Names them in the metric and in the table `retention`. */
  readonly name: string
  /** Seconds that a row is kept. */
  readonly keptS: number
  /**
   * SQL of the time of the oldest row that can ever be removed, as `SELECT min(...)`: that is one look at an index. EXISTS reads the whole
   * table where nothing is due, since a prepared plan takes a third of it to be.
   */
  readonly oldest: string
  /**
   * Removes some of them past those that another replica is at (SKIP LOCKED). $1 the cutoff, $2 most of them.
   * Row: `picked`, which tells whether there may be more, and `removed`.
   */
  readonly remove: string
}

declare module 'fastify' {
  interface FastifyInstance {
    /** One round of removal, one batch for each subject; true when there may be more. Rejects with a subject's error after all had their turn. */
    prune(): Promise<boolean>
  }
}

/**
 * Removes rows whose retention is over, by the database's clock, in small batches, for as long as the service runs. Any number of replicas may.
 * How far each subject was removed is written to the table `retention` before any of it goes, so that whoever compares databases
 * (tools/invariants) can tell a row that was removed from one that is missing.
 */
export function keepRetention(server: Server, database: Database, config: RetentionConfig, subjects: readonly Subject[]): void {
  const removed = new Map(subjects.map(({ name }) => [name, 0]))
  async function pruneOne(subject: Subject): Promise<boolean> {
    const { name, keptS, remove } = subject
    const { rows } = await database.patientQuery<{ cutoff: Date }>(`announce_${name}`, announce(subject), [name, keptS])
    if (rows[0] === undefined) return false
    const limit = config.RETENTION_BATCH_MAX
    // A Date is cut to milliseconds, so it never lies beyond what was announced.
    const batch = await database.patientQuery<{ picked: number; removed: number }>(`prune_${name}`, remove, [rows[0].cutoff, limit])
    removed.set(name, (removed.get(name) ?? 0) + (batch.rows[0]?.removed ?? 0))
    return batch.rows[0]?.picked === limit
  }

  async function prune(): Promise<boolean> {
    let more = false
    const errors: unknown[] = []
    // One after another: this is the least urgent work there is, and takes one connection.
    for (const subject of subjects) more = (await pruneOne(subject).catch((error) => void errors.push(error))) || more
    if (errors.length > 0) throw errors[0]
    return more
  }

  const loop = new Loop({
    intervalMs: config.RETENTION_INTERVAL_MS,
    work: prune,
    onHealth: (err) => (err === undefined ? server.log.info('old rows are removed again') : server.log.warn({ err }, 'old rows stay')),
  })
  countRemoved(server, removed)
  const untyped = bare(server)
  untyped.decorate('prune', prune)
  untyped.addHook('onReady', async () => loop.start())
  untyped.addHook('onClose', () => loop.close())
}

/** Says how far removal may go from now on, if anything may be due. Never backwards: what a shorter retention removed does not come back. */
function announce({ oldest }: Subject): string {
  const cutoff = 'now() - make_interval(secs => $2)'
  return `
    INSERT INTO retention AS r (subject, removed_before)
    SELECT $1::text, ${cutoff} WHERE (${oldest}) < ${cutoff}
    ON CONFLICT (subject) DO UPDATE SET removed_before = greatest(r.removed_before, excluded.removed_before)
    RETURNING ${cutoff} AS cutoff`
}

function countRemoved(server: Server, removed: ReadonlyMap<string, number>): void {
  new Counter({
    name: 'retention_removed_total',
    help: 'Rows this replica removed because their retention was over.',
    labelNames: ['subject'],
    registers: [server.kit.metrics.registry],
    collect() {
      this.reset()
      for (const [subject, rows] of removed) this.inc({ subject }, rows)
    },
  })
}
