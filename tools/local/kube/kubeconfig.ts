/**
 * A kubeconfig for an API without credentials or TLS. It is JSON, which every YAML reader takes.
 * client-node refuses plain HTTP unless it is told to skip verification; there is none to skip.
 */
export function kubeconfigFor(server: string, namespace: string): string {
  const name = 'headroom-local'
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name, user: {} }],
      contexts: [{ name, context: { cluster: name, user: name, namespace } }],
      'current-context': name,
    },
    null,
    2,
  )}\n`
}
