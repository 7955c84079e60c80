/**
 * Ends a process with the one that started it, however that ended, as a preload: `node --import .../leave-with-owner.ts main.ts`.
 * The owner holds the other end of standard input and never writes; when the pipe ends, nobody is left to stop us.
 */
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.stdin.once('end', leave).once('error', leave)
  process.stdin.resume()
  // The program, not this watch, decides how long it has something to do.
  process.stdin.unref()
}

function leave(): void {
  process.exit(1)
}
