/** A flag or value that cannot be used; exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Something in the way that the user can remove: the message says what and how; exit code 1. */
export class ClusterError extends Error {
  override name = 'ClusterError'
}
