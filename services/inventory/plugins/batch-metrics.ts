import { performance } from 'node:perf_hooks'
import { Histogram, type Registry } from 'prom-client'

type Run<Item, Result> = (items: Item[]) => Promise<Result[]>

/** Makes the wrapper that counts how many requests shared each batch of an operation and how long the batch took. */
export function measureBatches(registry: Registry): <Item, Result>(operation: string, run: Run<Item, Result>) => Run<Item, Result> {
  const size = new Histogram({
    name: 'inventory_batch_size',
    help: 'Requests that shared one statement.',
    labelNames: ['operation'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'inventory_batch_duration_seconds',
    help: 'Duration of one batch, its wait for locks included.',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  return (operation, run) => async (items) => {
    const startedMs = performance.now()
    try {
      return await run(items)
    } finally {
      size.observe({ operation }, items.length)
      duration.observe({ operation }, (performance.now() - startedMs) / 1000)
    }
  }
}
