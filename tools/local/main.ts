#!/usr/bin/env node
import { runLocal } from './run.ts'

const code = await runLocal(process.argv.slice(2), new URL('../../', import.meta.url))
// What was started has been stopped by now, and whatever was not ends with this process.
process.exit(code)
