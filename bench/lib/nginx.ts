import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuTimesS } from '../../tools/local/cpu-time.ts'
import { type Arm, answers, freePort, pidOf } from './arm.ts'

/** What nginx is asked to do with a request: parts of its configuration. */
export interface Duties {
  /** For the whole of its HTTP. */
  http: string
  /** Balancing, and the servers to choose from. */
  upstream: string
  /** For each request. */
  location: string
}

/** Every request passed on over kept connections, and nothing else. */
export function passOn(upstreamPort: number): Duties {
  return { http: 'access_log off;', upstream: `server 127.0.0.1:${upstreamPort};`, location: 'proxy_set_header Connection "";' }
}

/**
 * What gateway does, as an operator would have nginx do it: a line for each request that its metrics are made of, trace context, the deadline
 * passed on and kept, limits, balancing over servers that are watched, retries, security headers and connections that end after a while.
 * Limits are so high that nothing is refused.
 * @param folder for the access log
 * @param headers that every reply gets
 */
export function doTheSame(upstreamPort: number, folder: string, headers: Iterable<[name: string, value: string]>): Duties {
  const server = `server 127.0.0.1:${upstreamPort} max_fails=20 fail_timeout=2s;`
  return {
    http: `
  log_format metrics '$time_iso8601 $request_method $uri $status $request_time $upstream_response_time $trace';
  access_log ${folder}/access.log metrics buffer=64k flush=1s;
  map $request_id $parent { "~(.{16})$" $1; }
  map $http_traceparent $trace { "~^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$" $http_traceparent; default "00-$request_id-$parent-00"; }
  map $http_x_request_timeout_ms $timeout_ms { "~^\\d{1,12}$" $http_x_request_timeout_ms; default 1000; }
  limit_req_zone $binary_remote_addr zone=clients:10m rate=1000000r/s;
  limit_conn_zone $server_name zone=in_flight:1m;
  client_max_body_size 64k; client_header_timeout 5s; client_body_timeout 10s; keepalive_time 2s;`,
    upstream: `zone peer 64k; random two least_conn; ${server} ${server} ${server}`,
    location: `
      limit_req zone=clients burst=100000 nodelay; limit_req_status 429;
      limit_conn in_flight 10000; limit_conn_status 503;
      proxy_set_header Connection "";
      proxy_set_header traceparent $trace;
      proxy_set_header x-request-timeout-ms $timeout_ms;
      proxy_connect_timeout 500ms; proxy_send_timeout 1s; proxy_read_timeout 1s;
      proxy_next_upstream error timeout http_500 http_502 http_504; proxy_next_upstream_tries 2; proxy_next_upstream_timeout 1s;
      ${[...headers].map(([name, value]) => `add_header ${name} "${value}" always;`).join('\n      ')}`,
  }
}

/** One process, for its CPU time to be all there is: what a request costs is the same as in a worker. */
const configOf = (folder: string, port: number, { http, upstream, location }: Duties) => `
master_process off;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  keepalive_requests 1000000000;
  ${http}
  upstream peer { ${upstream} keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://peer; proxy_http_version 1.1;
      ${location}
    }
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

/** @param duties given a folder that lives as long as nginx */
export async function startNginx(path: string, duties: (folder: string) => Duties): Promise<Arm> {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-nginx-'))
  const port = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), configOf(folder, port, duties(folder)))
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'] })
  await answers(child, `http://127.0.0.1:${port}${path}`)
  const pid = pidOf(child)
  return {
    port,
    pid,
    cpuUs: async () => ((await cpuTimesS([pid])).get(pid) ?? Number.NaN) * 1e6,
    stop: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
