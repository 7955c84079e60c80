#!/usr/bin/env node
import { runReport } from './report.ts'

process.exitCode = runReport(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
})
