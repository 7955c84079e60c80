# One file for every image: `docker build --build-arg SERVICE=orders --tag headroom/orders:1.2.3 .`
# SERVICE names a folder of services/ or, failing that, of tools/.

# The manifests alone: the dependency layer below is rebuilt when one of them changes, not when code does.
FROM node:26.10.0-trixie-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete && find . -type d -empty -delete

FROM node:26.10.0-trixie-slim AS build
# Node needs libatomic, which the runtime base lacks; the folder's name depends on the architecture.
RUN library=$(find /usr/lib /lib -name libatomic.so.1 | head -n 1); \
    if [ -z "$library" ]; then apt-get update && apt-get install --yes --no-install-recommends libatomic1 && library=$(find /usr/lib -name libatomic.so.1 | head -n 1); fi; \
    install -D "$library" "/node/usr/lib/$(basename "$(dirname "$library")")/libatomic.so.1" && install -D "$(command -v node)" /node/usr/bin/node
ARG SERVICE
WORKDIR /app
COPY --from=manifests /app ./
# This workspace and those it depends on, linked as in a checkout: Node does not strip types inside node_modules.
RUN --mount=type=cache,target=/var/cache/npm \
    test -n "$SERVICE" || { echo 'Name what to build: --build-arg SERVICE=hello' >&2; exit 1; }; \
    folder=services/$SERVICE; test -d "$folder" || folder=tools/$SERVICE; \
    npm ci --cache /var/cache/npm --omit=dev --omit=optional --workspace "$folder"
# The sources of the linked workspaces, and of no other; what only editors and people read stays behind,
# which is seven tenths of the generated Kubernetes client: comments and indentation.
COPY . /source
RUN set -e; folder=services/$SERVICE; test -d "$folder" || folder=tools/$SERVICE; \
    mkdir /image && cp -R package.json node_modules /image/; \
    find /image/node_modules -type d -name prebuilds -prune -exec rm -rf {} +; \
    find /image/node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete; \
    find /image/node_modules -path '*/client-node/dist/gen/*.js' -exec sed -i -E '/^\s*\/\*.*\*\/\s*$/d; /^\s*\/\*/,/\*\//d; /^\s*\/\//d; s/^\s+//' {} +; \
    for linked in $(readlink -f node_modules/@headroom/*); do \
      linked=${linked#"$PWD/"}; mkdir -p "/image/$(dirname "$linked")"; cp -R "/source/$linked" "/image/$linked"; \
      if [ -d "$linked/node_modules" ]; then cp -R "$linked/node_modules" "/image/$linked/"; fi; \
    done; \
    ln -s "$folder/main.ts" /image/main.ts

# Starts the program once and keeps what V8 compiled: a fifth less CPU until ready, which counts under a small limit.
# The cache holds for one Node version, path and user; with dummy settings a service lives without its database.
# What is not made of kit is a command, and prints its help.
FROM build AS warm
WORKDIR /app
RUN rm -rf /app && cp -R /image /app && install -d -o 65532 -g 65532 /app/.compile-cache
USER 65532:65532
ENV NODE_COMPILE_CACHE=/app/.compile-cache
RUN export DRAIN_DELAY_MS=0 LOG_LEVEL=silent PGHOST=127.0.0.1 PGDATABASE=none PGUSER=none PGPASSWORD=none \
      CATALOG_URL=http://127.0.0.1:1 INVENTORY_URL=http://127.0.0.1:1 ORDERS_URL=http://127.0.0.1:1 PAYMENTS_URL=http://127.0.0.1:1 HELLO_URL=http://127.0.0.1:1; \
    if [ ! -d kit ]; then timeout 20 node main.ts --help >/dev/null; exit; fi; \
    node main.ts & \
    node -e 'const ask = (url) => fetch(url, { signal: AbortSignal.timeout(1000) }).then(() => true, () => false); \
      for (let left = 100; left > 0 && !(await ask("http://127.0.0.1:9000/livez")); left--) await new Promise((next) => setTimeout(next, 100)); \
      await ask("http://127.0.0.1:3000/"); await ask("http://127.0.0.1:9000/metrics")'; \
    kill -TERM $! && wait $! || echo 'The program did not live with dummy settings: its image starts without a compile cache.'

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /node /
WORKDIR /app
COPY --from=warm /app ./
USER 65532:65532
ENV NODE_COMPILE_CACHE=/app/.compile-cache
EXPOSE 3000 9000
ENTRYPOINT ["node"]
CMD ["main.ts"]
ARG SERVICE
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="headroom/$SERVICE" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian13:nonroot"
