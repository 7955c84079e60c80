import { spawn } from 'node:child_process'

/** Shows an address in the user's browser; where there is none nothing happens, since the address is printed as well. */
export function openPage(url: string, platform = process.platform): void {
  const child = spawn(platform === 'darwin' ? 'open' : 'xdg-open', [url], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
