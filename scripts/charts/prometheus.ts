import { createHash } from 'node:crypto'

const opening = '  # Generated from charts/headroom/files/rules.yaml by `npm run generate`: do not edit.\n'
const closing = '  # Generated until here.\n'
const checksum = /checksum\/rules: \S+/

/**
 * The manifest of the laptop's Prometheus with the alert rules written anew into its ConfigMap, and their hash into its pod: Prometheus does not
 * notice a ConfigMap that changes, a pod whose template changes is replaced.
 * @throws Error when the manifest has lost its marks
 */
export function withRules(manifest: string, rules: string): string {
  const [start, end] = [manifest.indexOf(opening), manifest.indexOf(closing)]
  if (start < 0 || end < start || !checksum.test(manifest))
    throw new Error(`k8s/prometheus.yaml lacks the line "${opening.trim()}", the line "${closing.trim()}" or the annotation checksum/rules`)
  const block = rules.trimEnd().replace(/^(?=.)/gm, '    ')
  const hash = createHash('sha256').update(rules).digest('hex').slice(0, 16)
  return `${manifest.slice(0, start)}${opening}  rules.yaml: |\n${block}\n${manifest.slice(end)}`.replace(
    checksum,
    `checksum/rules: "${hash}"`,
  )
}
