import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const macOs = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']

/** The browser named by CHROME, else the first that is installed. */
function executable(): string | undefined {
  const { CHROME, PATH = '' } = process.env
  if (CHROME) return CHROME
  const candidates = [...PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))), ...macOs]
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const file = executable()

/** For tap: runs where a Chromium can be had, and says what to do where not. */
export const withBrowser = { skip: file === undefined ? 'no Chromium: install one, or name one with CHROME=/path/to/chrome' : false }

export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: file as string, args: ['--no-sandbox'] })
}

/** What went wrong on a page while somebody looked at it. */
export interface Complaints {
  errors: string[]
  foreign: string[]
}

/** Listens for what a page must not do: say errors, and ask another origin than its own. */
export function complaintsOf(page: Page, origin: string): Complaints {
  const complaints: Complaints = { errors: [], foreign: [] }
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.errors.push(message.text())
  })
  page.on('pageerror', (error) => complaints.errors.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.foreign.push(request.url())
  })
  return complaints
}
