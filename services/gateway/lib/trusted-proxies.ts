import { BlockList, isIP } from 'node:net'

/** Networks to trust, or what is wrong with the text. */
export interface TrustedProxies {
  networks: string[]
  mistakes: string[]
}

/**
 * Reads a comma-separated list of networks such as `10.0.0.0/8, 2001:db8::/32`. Only networks: a client behind "trust everybody" or
 * "trust one hop" chooses its own address in X-Forwarded-For and with it walks past any rate limit.
 */
export function parseTrustedProxies(text: string): TrustedProxies {
  const networks = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return { networks, mistakes: networks.flatMap((network) => mistakeOf(network)) }
}

function mistakeOf(network: string): string[] {
  const [address = '', prefix, ...rest] = network.split('/')
  const family = isIP(address)
  const bits = Number(prefix)
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(prefix ?? ''))
    return [`TRUST_PROXY must be a list of networks such as 10.0.0.0/8, never true or a number of hops; it has ${JSON.stringify(network)}`]
  if (bits === 0) return [`TRUST_PROXY must not trust everybody; it has ${JSON.stringify(network)}`]
  try {
    new BlockList().addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
    return []
  } catch {
    return [`TRUST_PROXY has ${JSON.stringify(network)}, whose prefix is longer than an address`]
  }
}
