import type { Row } from './row.ts'
import { dependency } from './rows/dependency.ts'
import { duplicates } from './rows/duplicates.ts'
import { forwardedFor } from './rows/forwarded-for.ts'
import { killAfterCommit } from './rows/kill-after-commit.ts'
import { killReplicas } from './rows/kill-replicas.ts'
import { kubernetesApi } from './rows/kubernetes-api.ts'
import { mutations } from './rows/mutations.ts'
import { outbox } from './rows/outbox.ts'
import { overload } from './rows/overload.ts'
import { postgresGone } from './rows/postgres-gone.ts'
import { priority } from './rows/priority.ts'
import { rawTcp } from './rows/raw-tcp.ts'
import { replace } from './rows/replace.ts'
import { sigterm } from './rows/sigterm.ts'
import { slowSockets } from './rows/slow-sockets.ts'
import { soak } from './rows/soak.ts'
import { urls } from './rows/urls.ts'

/** Every row, in the order of docs/reliability.md. */
export const rows: Row[] = [
  replace,
  sigterm,
  killReplicas,
  killAfterCommit,
  duplicates,
  outbox,
  postgresGone,
  dependency,
  overload,
  priority,
  mutations,
  rawTcp,
  slowSockets,
  urls,
  forwardedFor,
  kubernetesApi,
  soak,
]
