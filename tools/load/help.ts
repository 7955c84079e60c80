import { DEFAULTS } from './load-options.ts'

const mix = Object.entries(DEFAULTS.mix)
  .map(([journey, share]) => `${journey}=${share}`)
  .join(',')

/** What `--help` prints. */
export const HELP = `Offers load to Headroom's public API by the clock, whatever the replies do.

usage: npm run load -- URL [flags]        for example  http://127.0.0.1:3000 --profile surge --rate 40

profile
  --profile steady            --rate for --duration (the default)
  --profile surge             --rate for --calm, --factor times that for --surge, --rate again for --after
  --profile steps             from --rate to --factor times that in --steps equal steps, together --duration long
  --profile FILE.yaml         stages: [{ name: calm, rate: 40, duration: 20s }, ...]
  --rate 40                   requests per second
  --factor 5                  surge and steps: how many times the rate
  --duration 60s              steady and steps (500ms, 20s, 2m; a run is 1h at most)
  --steps 5                   steps: how many
  --calm 20s --surge 60s --after 40s

arrivals
  --arrivals poisson          as independent users come; or uniform: evenly spaced
  --seed 1                    repeats the same arrivals and choices (idempotency keys are always new)

requests
  --mix ${mix}   shares of the buyers' journeys
  --hot-event ${DEFAULTS.hotEvent}     the event that draws the crowd, and its share of views and orders
  --hot-share ${DEFAULTS.hotShare}
  --url-path /hello           GET this path alone, no journeys
  --timeout-ms ${DEFAULTS.timeoutMs}           from when a request was due
  --on-time-ms 250            says how many were granted within this time: the goodput where later is too late
  --connections ${DEFAULTS.limits.connections}            kept alive, used in turn
  --connections-max ${DEFAULTS.limits.connectionsMax}      when all are busy; beyond that requests wait
  --queue-max ${DEFAULTS.limits.queueMax}           requests that may wait; beyond that they fail

output
  --out DIR                   writes load.ndjson, load-summary.json and acks.ndjson; without it samples go to stdout,
                              one JSON line a second, and {"summary": ...} as the last line
  --acks FILE                 the acknowledgement log elsewhere; "-" puts {"ack": ...} lines on stdout
  --help

Latency counts from the moment a request was due, so waiting caused by a slow target is in it. It covers requests
granted (ok) or refused for a business reason, and timeouts. SIGINT and SIGTERM end the run early, with its summary.
Exit codes: 0 the run took place, whatever the target did; 1 it could not; 2 a flag is wrong.
`
