import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuTimesS } from '../../tools/local/cpu-time.ts'
import { type Arm, answers, freePort } from './arm.ts'

/** One worker that passes every request on over kept connections, and writes no log. */
const configOf = (folder: string, port: number, upstreamPort: number) => `
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  keepalive_requests 1000000000;
  upstream peer { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://peer; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`

/** Whether there is one on this machine. */
export function hasNginx(): boolean {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export async function startNginx(path: string, upstreamPort: number): Promise<Arm> {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-nginx-'))
  const port = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), configOf(folder, port, upstreamPort))
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'] })
  await answers(child, `http://127.0.0.1:${port}${path}`)
  const pids = [child.pid as number, ...childrenOf(child)]
  return {
    port,
    cpuUs: async () => [...(await cpuTimesS(pids)).values()].reduce((sum, seconds) => sum + seconds * 1e6, 0),
    stop: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function childrenOf({ pid }: ChildProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}
