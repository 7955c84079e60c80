# Every target is one line over an npm script, docker, kind or helm. `make` alone prints this help.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
READY := node_modules/.setup

.PHONY: help setup start demo report test check generate bench logs new-service image kind-up kind-demo kind-test kind-scale kind-nodes demo-on-cluster release doctor down

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): package-lock.json package.json
	npm ci && npm run --silent setup && touch $@
setup: $(READY) ## Install exactly what the lockfile says

demo: $(READY) ## The on-sale under a surge on this machine, with live progress (ARGS="--speed 4")
	@npm run --silent demo -- $(ARGS)
report: $(READY) ## Figures and charts of a recorded run, as HTML, JSON and CSV (ARGS="out/demo")
	@npm run --silent report -- $(or $(ARGS),out/demo)
start: $(READY) ## The on-sale on this machine, without a surge, until Ctrl-C
	@npm start --silent -- $(ARGS)
test: $(READY) ## Every test that needs no cluster
	@npm test --silent
check: $(READY) ## Types, lint, generated files fresh, docs true
	@npm run --silent check
generate: $(READY) ## Write every generated file anew
	@npm run --silent generate
bench: $(READY) ## One claim with its naive arm (NAME=load|stack|capacity|...)
	@npm run --silent bench -- $(NAME)
logs: $(READY) ## What all services logged of one trace in the last local run (TRACE=<trace id>)
	@npm run --silent logs -- --trace "$(TRACE)" $(ARGS)
new-service: $(READY) ## A new service from the template (NAME=x)
	@npm run --silent new-service -- $(NAME)

image: $(READY) ## Build every image, tagged with the git revision
	@npm run --silent cluster -- image
kind-up: $(READY) ## A kind cluster with metrics-server, Prometheus and the on-sale
	@npm run --silent cluster -- up
kind-demo: $(READY) ## The same surge on a real cluster made by kind
	@npm run --silent cluster -- demo --kind $(ARGS)
kind-test: $(READY) ## The cluster tests on a kind cluster
	@npm run --silent test:kind
kind-scale: $(READY) ## Good answers/s at 1, 2, 4 and 6 replicas in the kind cluster
	@npm run --silent cluster -- scale
kind-nodes: $(READY) ## Drain, delete, roll and cut the power of the nodes of a kind cluster with two workers, under load
	@npm run --silent cluster -- nodes
demo-on-cluster: $(READY) ## The same surge on the cluster of KUBECONFIG (REGISTRY=registry.example/headroom)
	@npm run --silent cluster -- demo --registry $(REGISTRY) $(ARGS)
release: $(READY) ## Upgrade one service of an installed on-sale (SERVICE=orders TAG=...)
	@npm run --silent cluster -- release --service $(SERVICE) --tag $(TAG)
doctor: $(READY) ## Explain what keeps the cluster from scaling
	@npm run --silent cluster -- doctor
down: ## Remove the kind cluster and everything in it
	@kind delete cluster --name headroom
